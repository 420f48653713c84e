;; A module that says hello, then opens a file of its container every 200 ms, for ever.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "etc/motd")
  (data (i32.const 200) "\10\01\00\00\06\00\00\00") ;; an iovec: 6 bytes at 272
  (data (i32.const 272) "hello\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 300)))
    (loop $again
      (if (i32.eqz (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 0)
                    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 100)))
        (then (drop (call $fd_close (i32.load (i32.const 100))))))
      ;; a subscription to the monotonic clock
      (i64.store (i32.const 400) (i64.const 1))
      (i32.store8 (i32.const 408) (i32.const 0))
      (i32.store (i32.const 416) (i32.const 1))
      (i64.store (i32.const 424) (i64.const 200000000))
      (i64.store (i32.const 432) (i64.const 0))
      (i32.store16 (i32.const 440) (i32.const 0))
      (drop (call $poll (i32.const 400) (i32.const 500) (i32.const 1) (i32.const 600)))
      (br $again))))
