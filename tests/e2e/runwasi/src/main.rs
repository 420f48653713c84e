// SPDX-License-Identifier: GPL-2.0-only
//! A shim of containerd's runwasi library, with wasmtime and as much of WASI as the tests' module asks for.
use anyhow::Result;
use containerd_shim_wasm::sandbox::context::RuntimeContext;
use containerd_shim_wasm::sandbox::Sandbox;
use containerd_shim_wasm::shim::{version, Cli, Shim, Version};
use wasmtime::{Caller, Engine, Extern, Linker, Module, Store};

struct Wasmtime;

#[derive(Clone, Default)]
struct Host;

impl Shim for Wasmtime {
	type Sandbox = Host;

	fn name() -> &'static str {
		"wasmtime"
	}

	fn version() -> Version {
		version!()
	}
}

/// poll_oneoff() of one subscription: a relative time, in nanoseconds, 24 bytes into it.
fn sleep(mut caller: Caller<'_, ()>, subscription: i32) -> i32 {
	let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return 28 };
	let mut time = [0u8; 8];

	if memory.read(&caller, subscription as usize + 24, &mut time).is_err() {
		return 21;
	}
	std::thread::sleep(std::time::Duration::from_nanos(u64::from_le_bytes(time)));
	0
}

/// path_open(): opened for reading below the container's root, and closed again.
fn open(mut caller: Caller<'_, ()>, path: i32, size: i32) -> i32 {
	let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return 28 };
	let mut name = vec![0u8; size as usize];

	if memory.read(&caller, path as usize, &mut name).is_err() {
		return 21;
	}
	let name = format!("/{}", String::from_utf8_lossy(&name));
	if std::fs::File::open(name).is_ok() { 0 } else { 44 }
}

impl Sandbox for Host {
	async fn run_wasi(&self, context: &impl RuntimeContext) -> Result<i32> {
		let engine = Engine::default();
		let module = Module::new(&engine, context.entrypoint().source.as_bytes()?)?;
		let mut linker: Linker<()> = Linker::new(&engine);
		let mut store = Store::new(&engine, ());
		let wasi = "wasi_snapshot_preview1";

		linker.func_wrap(wasi, "poll_oneoff", |caller: Caller<'_, ()>, at: i32, _: i32, _: i32, _: i32| {
			sleep(caller, at)
		})?;
		linker.func_wrap(
			wasi,
			"path_open",
			|caller: Caller<'_, ()>, _: i32, _: i32, at: i32, size: i32, _: i32, _: i64, _: i64, _: i32, _: i32| {
				open(caller, at, size)
			},
		)?;
		linker.func_wrap(wasi, "fd_close", |_: i32| 0i32)?;
		linker.func_wrap(wasi, "fd_write", |_: i32, _: i32, _: i32, _: i32| {
			println!("hello");
			0i32
		})?;
		linker.instantiate(&mut store, &module)?.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())?;
		Ok(0)
	}
}

fn main() {
	Wasmtime::run(None);
}
