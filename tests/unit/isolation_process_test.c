/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "host_root.h"
#include "state/isolation_process.h"

#define MODULE_MAPS \
	"7f00-7f01 r-xp 00000000 08:01 42 /usr/lib/x86_64-linux-gnu/libwasmedge.so.0.1.0\n" \
	"7f02-7f03 r--p 00000000 08:01 43 /hi.wasm\n"

static void a_library_tells_the_engine(void **state)
{
	static const struct {
		const char *maps, *engine;
	} texts[] = {
		{ MODULE_MAPS, "wasmedge" },
		{ "7f00-7f01 r-xp 0 08:01 42 /usr/lib/libwasmtime.so\n", "wasmtime" },
		{ "7f00-7f01 r-xp 0 08:01 42 /usr/lib/libwasmer.so\n", "wasmer" },
		{ "7f00-7f01 r-xp 0 08:01 42 /usr/lib/libiwasm.so\n", "wamr" },
		{ "7f00-7f01 r-xp 0 08:01 42 /usr/lib/libwasm.so\n", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct isolation found = isolation_of_maps(texts[i].maps);

		assert_int_equal(found.class, texts[i].engine ? ISOLATION_WASM : ISOLATION_NAMESPACE);
		if (texts[i].engine)
			assert_string_equal(found.engine, texts[i].engine);
	}
}

static void arguments_of_the_monitor_tell_a_confidential_guest(void **state)
{
	static const struct {
		const char *arguments;
		size_t size;
		enum container_isolation class;
		const char *tee;
	} monitors[] = {
#define ARGUMENTS(text) text, sizeof(text)
		{ ARGUMENTS("qemu\0-object\0sev-snp-guest,id=sev0"), ISOLATION_CONFIDENTIAL, "sev-snp" },
		{ ARGUMENTS("qemu\0-object\0{\"qom-type\":\"tdx-guest\"}"), ISOLATION_CONFIDENTIAL, "tdx" },
		{ ARGUMENTS("qemu\0-object\0sev-guest,id=sev0"), ISOLATION_CONFIDENTIAL, "sev" },
		{ ARGUMENTS("qemu\0-object\0s390-pv-guest,id=pv"), ISOLATION_CONFIDENTIAL, "secure-execution" },
		{ ARGUMENTS("qemu\0-machine\0q35,confidential-guest-support=x"), ISOLATION_CONFIDENTIAL, NULL },
		{ ARGUMENTS("qemu\0-name\0not-sev-guest"), ISOLATION_NAMESPACE, NULL },
		{ "", 0, ISOLATION_NAMESPACE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(monitors); i++) {
		struct isolation found = isolation_of_arguments(monitors[i].arguments, monitors[i].size);

		assert_int_equal(found.class, monitors[i].class);
		if (monitors[i].tee)
			assert_string_equal(found.tee, monitors[i].tee);
		else
			assert_null(found.tee);
	}
}

/* Process 7 runs @exe of the host, or of its own file system when @own. */
static struct isolation look(const char *exe, bool own, const char *maps, const char *arguments, size_t size)
{
	char procfs[256], path[512], link[512];
	FILE *file;

	host_root_write("proc/7/maps", maps);
	snprintf(procfs, sizeof(procfs), "%s/proc", host_root);
	snprintf(path, sizeof(path), "%s/7/cmdline", procfs);
	file = fopen(path, "w");
	assert_non_null(file);
	fwrite(arguments, 1, size, file);
	fclose(file);
	snprintf(path, sizeof(path), "%s/7/exe", procfs);
	unlink(path);
	if (*exe) {
		host_root_write(exe, "program");
		snprintf(link, sizeof(link), "%s/%s", host_root, exe);
	}
	assert_int_equal(symlink(*exe ? link : "/", path), 0);
	return isolation_of_process(procfs, own ? host_root : NULL, 7);
}

static void only_programs_of_the_host_are_believed(void **state)
{
	struct isolation found;

	(void)state;
	found = look("usr/bin/runsc", false, "", "runsc-sandbox", 14);
	assert_int_equal(found.class, ISOLATION_GVISOR);
	assert_int_equal(found.evidence, EVIDENCE_EXE);
	assert_int_equal(look("usr/bin/runsc", true, "", "", 0).class, ISOLATION_NAMESPACE);
	found = look("usr/bin/qemu-system-x86_64", false, "", ARGUMENTS("q\0-object\0tdx-guest,id=t"));
	assert_int_equal(found.class, ISOLATION_CONFIDENTIAL);
	assert_string_equal(found.tee, "tdx");
	assert_string_equal(found.engine, "qemu");
	assert_int_equal(look("usr/bin/qemu-system-x86_64", false, "", "q", 2).class, ISOLATION_MICROVM);
}

static void engine_counts_only_within_the_runtimes_own_program(void **state)
{
	(void)state;
	assert_int_equal(look("", false, MODULE_MAPS, "", 0).class, ISOLATION_WASM);
	assert_int_equal(look("usr/bin/crun", false, MODULE_MAPS, "", 0).class, ISOLATION_WASM);
	assert_int_equal(look("usr/bin/envoy", false, MODULE_MAPS, "", 0).class, ISOLATION_NAMESPACE);
	assert_int_equal(look("usr/bin/crun", true, MODULE_MAPS, "", 0).class, ISOLATION_NAMESPACE);
}

static void the_monitor_tells_which_runtime_it_was_given(void **state)
{
	static const struct {
		const char *arguments;
		size_t size;
		enum container_isolation class;
		const char *handler;
	} monitors[] = {
		{ ARGUMENTS("conmon\0-c\0id\0-r\0/usr/bin/crun-wasm\0-b\0/x"), ISOLATION_WASM, "crun-wasm" },
		{ ARGUMENTS("conmon\0--runtime\0/usr/bin/runsc"), ISOLATION_GVISOR, "runsc" },
		{ ARGUMENTS("conmon\0--runtime=/usr/bin/krun"), ISOLATION_MICROVM, "krun" },
		{ ARGUMENTS("conmon\0-r\0/usr/bin/crun"), ISOLATION_NAMESPACE, "crun" },
		{ ARGUMENTS("conmon\0-r"), ISOLATION_NAMESPACE, "" },
		{ "", 0, ISOLATION_NAMESPACE, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(monitors); i++) {
		struct isolation found = isolation_of_monitor_arguments(monitors[i].arguments, monitors[i].size);

		assert_int_equal(found.class, monitors[i].class);
		assert_string_equal(found.handler, monitors[i].handler);
	}
}

static void only_the_hosts_own_monitor_is_believed(void **state)
{
	char procfs[256];

	(void)state;
	snprintf(procfs, sizeof(procfs), "%s/proc", host_root);
	host_root_write("proc/8/stat", "8 (a) b) c) S 7 8 8 0 -1");
	look("usr/bin/conmon", false, "", ARGUMENTS("conmon\0-r\0/usr/bin/crun-wasm"));
	assert_int_equal(isolation_of_monitor(procfs, NULL, 8).class, ISOLATION_WASM);
	assert_int_equal(isolation_of_monitor(procfs, host_root, 8).class, ISOLATION_NAMESPACE);
	look("usr/bin/conman", false, "", ARGUMENTS("conmon\0-r\0/usr/bin/crun-wasm"));
	assert_int_equal(isolation_of_monitor(procfs, NULL, 8).class, ISOLATION_NAMESPACE);
	assert_int_equal(isolation_of_monitor(procfs, NULL, 9).evidence, EVIDENCE_NONE);
}

static void process_that_is_gone_tells_nothing(void **state)
{
	(void)state;
	assert_int_equal(isolation_of_process(host_root, NULL, 4711).evidence, EVIDENCE_NONE);
}

/* Whether the start of @program below the host's root is that of a runtime for @name; @other: another file, same name. */
static bool starts_runtime(const char *name, const char *program, bool other)
{
	struct isolation isolation = isolation_of_runtime(name, EVIDENCE_RUNTIME_TYPE);
	struct event_builder builder;
	char host[128];
	struct stat status;

	host_root_write(program + 1, "program");
	snprintf(host, sizeof(host), "%s%s", host_root, program);
	assert_int_equal(stat(host, &status), 0);
	builder_start(&builder, PICKET_KIND_PROCESS_EXEC, program);
	builder.event.exec.inode = status.st_ino + other;
	builder.event.exec.device = major(status.st_dev) << 20 | minor(status.st_dev);
	return isolation_is_runtime_program(host_root, host_root, &isolation, &builder.event);
}

static void a_runtimes_program_is_known_by_its_file(void **state)
{
	(void)state;
	assert_true(starts_runtime("io.containerd.runsc.v1", "/usr/bin/runsc", false));
	assert_false(starts_runtime("io.containerd.runsc.v1", "/usr/bin/runsc", true));
	assert_false(starts_runtime("io.containerd.runsc.v1", "/bin/true", false));
	assert_false(starts_runtime("io.containerd.runsc.v1", "/usr/bin/exe", false));
	assert_false(starts_runtime("io.containerd.runsc.v1", "/usr/bin/qemu-system-x86_64", false));
	assert_true(starts_runtime("kata-qemu-tdx", "/usr/bin/qemu-system-x86_64", false));
	assert_true(starts_runtime("kata-fc", "/usr/bin/jailer", false));
	assert_true(starts_runtime("krustlet", "/usr/local/bin/krustlet-wasi", false));
	assert_false(starts_runtime("runc", "/usr/bin/runc", false));
}

static void a_kubelet_of_modules_is_told_from_other_programs(void **state)
{
	struct isolation found = look("usr/bin/krustlet-wasi", false, "", ARGUMENTS("krustlet-wasi"));

	(void)state;
	assert_int_equal(found.class, ISOLATION_WASM);
	assert_string_equal(isolation_attribution(&found), "node");
	found = look("usr/bin/wasmcloud_host", false, "", ARGUMENTS("wasmcloud_host"));
	assert_string_equal(isolation_attribution(&found), "node");
	found = look("usr/bin/wash", false, "", ARGUMENTS("wash\0up\0--detached"));
	assert_string_equal(isolation_attribution(&found), "node");
	found = look("usr/bin/wash", false, "", ARGUMENTS("wash\0build"));
	assert_string_equal(isolation_attribution(&found), "container");
	found = look("usr/bin/krustlet-wasi", true, "", ARGUMENTS("krustlet-wasi"));
	assert_string_equal(isolation_attribution(&found), "container");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_tells_the_engine),
		cmocka_unit_test(arguments_of_the_monitor_tell_a_confidential_guest),
		cmocka_unit_test_setup_teardown(only_programs_of_the_host_are_believed, host_root_make,
						host_root_remove),
		cmocka_unit_test_setup_teardown(engine_counts_only_within_the_runtimes_own_program, host_root_make,
						host_root_remove),
		cmocka_unit_test_setup_teardown(a_runtimes_program_is_known_by_its_file, host_root_make,
						host_root_remove),
		cmocka_unit_test_setup_teardown(a_kubelet_of_modules_is_told_from_other_programs, host_root_make,
						host_root_remove),
		cmocka_unit_test(the_monitor_tells_which_runtime_it_was_given),
		cmocka_unit_test_setup_teardown(only_the_hosts_own_monitor_is_believed, host_root_make,
						host_root_remove),
		cmocka_unit_test_setup_teardown(process_that_is_gone_tells_nothing, host_root_make, host_root_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
