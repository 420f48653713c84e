/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sensor suite: every operation, in a watched cgroup, against the kernel
 * that runs now. Counters must move by exactly what was done, and by nothing
 * else; each operation must arrive once as an event with the resolved path.
 *
 * suite [--debug] [--transport=ringbuf|perfbuf] [--SENSOR=BACKEND ...]
 * Prints PASS, FAIL or SKIP lines. Exit status: 0 no FAIL, 1 some, 2 no start.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/cgroup_fs.h"
#include "log.h"
#include "suite_internal.h"
#include "suite_judge.h"

#define ATTEMPTS 10

struct suite suite;

/* The child: enters the cgroup, prepares, and runs when it is told to. */
static void run_child(const struct operation *operation, int ready_fd, int go_fd)
{
	char path[300], byte;
	int fd, error = 0;

	/* as a container: running in the host's mount namespace would be an escape */
	if (unshare(CLONE_NEWNS | operation->unshare) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		_exit(1);
	snprintf(path, sizeof(path), "%s/cgroup.procs", suite.cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(1);
	close(fd);
	if (operation->prepare)
		error = operation->prepare(&suite.place);
	if (write(ready_fd, &error, sizeof(error)) != sizeof(error) || read(go_fd, &byte, 1) != 1)
		_exit(1);
	for (unsigned int i = 0; i < operation->times; i++)
		operation->run(&suite.place);
	fflush(stdout); /* what it found wrong */
	if (write(ready_fd, &error, sizeof(error)) != sizeof(error) || read(go_fd, &byte, 1) < 0)
		_exit(1);
	_exit(0);
}

/* Also those that the operation left behind, who end with it: nobody is to be counted for the next one. */
static void wait_until_empty(void)
{
	char path[300], byte;

	snprintf(path, sizeof(path), "%s/cgroup.procs", suite.cgroup);
	for (int i = 0; i < 1000; i++) {
		AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, &byte, 1) <= 0)
			return;
		usleep(1000);
	}
}

/* Return: whether it has to be done again: others on this machine left no room for its events. */
static bool try_operation(const struct operation *operation, bool may_repeat)
{
	struct counter_table table = kernel_counters(suite.kernel);
	struct picket_counters before, after;
	int ready[2], go[2], error = -EIO;
	uint64_t lost = 0;
	pid_t child;

	if (pipe(ready) || pipe(go))
		return false;
	fflush(stdout);
	table.slots[suite.slot].namespaces = 0; /* each is a container anew */
	child = fork();
	if (child == 0) {
		close(go[1]); /* or the child would never see the parent go */
		run_child(operation, ready[1], go[0]);
	}
	if (read(ready[0], &error, sizeof(error)) != sizeof(error) || error) {
		suite_report("SKIP", operation->name, "cannot be done here: %s", strerror(-error));
		may_repeat = false;
		goto end;
	}
	kernel_drain(suite.kernel);
	kernel_tick(suite.kernel);
	lost = suite.metrics.lost[LOST_TRANSPORT];
	suite.event_count = 0;
	suite_judge_reset();
	before = table.slots[suite.slot];
	if (write(go[1], "g", 1) != 1 || read(ready[0], &error, sizeof(error)) != sizeof(error)) {
		suite_report("FAIL", operation->name, "the operation did not end");
		may_repeat = false;
		goto end;
	}
	after = table.slots[suite.slot];
	kernel_drain(suite.kernel);
	kernel_tick(suite.kernel);
	lost = suite.metrics.lost[LOST_TRANSPORT] - lost;
	may_repeat = may_repeat && lost;
	if (!may_repeat && lost)
		printf("NOTE %s: %llu events were lost meanwhile, on all of the machine\n", operation->name,
		       (unsigned long long)lost);
	if (!may_repeat && suite_check(operation, &before, &after))
		suite_report("PASS", operation->name, "%u", operation->times);
end:
	close(go[1]);
	waitpid(child, NULL, 0);
	wait_until_empty();
	close(go[0]);
	close(ready[0]);
	close(ready[1]);
	return may_repeat;
}

static void run_operation(const struct operation *operation)
{
	for (int i = 1; try_operation(operation, i < ATTEMPTS); i++)
		usleep(100000);
}

/* All those children ran, and were switched to and from. */
static void check_perf(void)
{
	const struct picket_counters *slot = &kernel_counters(suite.kernel).slots[suite.slot];
	uint64_t clock, switches, faults;

	if (suite.metrics.sensors[PICKET_SENSOR_PERF].backend == PICKET_BACKEND_NONE)
		return;
	if (kernel_flush_perf(suite.kernel))
		suite_report("FAIL", "perf/flush", "it did not run on every processor");
	clock = slot->value[PICKET_COUNTER_PERF_TASK_CLOCK];
	switches = slot->value[PICKET_COUNTER_PERF_CONTEXT_SWITCHES];
	faults = slot->value[PICKET_COUNTER_PERF_PAGE_FAULTS_MINOR];
	suite_report(clock > 1000000 && switches > 100 && faults > 1000 ? "PASS" : "FAIL", "perf/software",
		     "%llu ns, %llu switches, %llu faults", (unsigned long long)clock, (unsigned long long)switches,
		     (unsigned long long)faults);
}

static const struct operation_set *const sets[] = {
	&file_operations,      &modification_operations, &detour_operations,  &resolved_operations, &unix_operations,
	&privilege_operations, &process_operations,	 &program_operations, &network_operations,  &device_operations,
	&socket_operations,    &send_operations,	 &traffic_operations, &denied_operations,   &isolated_operations
};

static void run_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		for (size_t j = 0; j < sets[i]->count; j++)
			run_operation(&sets[i]->operations[j]);
	for (size_t i = 0; kernel_denies_files(suite.kernel) && i < denied_file_operations.count; i++)
		run_operation(&denied_file_operations.operations[i]);
}

/* Rules that deny, where this backend can. */
static int compile_denying_rules(struct compiled_policy **ret_policy)
{
	char path[128];

	operations_write_rules(&suite.place, path, sizeof(path), kernel_denies_files(suite.kernel));
	return suite_judge_load(path, ret_policy);
}

/* The rules alone, as the daemon loads them. */
static int install_rules(const char *path)
{
	struct compiled_policy *policy;
	int error = suite_judge_load(path, &policy);

	if (!error) {
		error = kernel_install_policy(suite.kernel, policy);
		policy_free(policy);
	}
	if (error)
		suite_report("FAIL", "filter/rules", "%s", strerror(-error));
	return error;
}

static void run_filtered(const char *text, const struct operation_set *set)
{
	char path[128];

	operations_write(suite.place.directory, "rules.yaml", text, 0600);
	snprintf(path, sizeof(path), "%s/rules.yaml", suite.place.directory);
	if (install_rules(path))
		return;
	for (size_t i = 0; i < set->count; i++)
		run_operation(&set->operations[i]);
}

/* The variants once more: the kernel sends what rules ask for, and the rules match each of them. */
static void run_by_rules(void)
{
	char path[128];

	operations_write_variant_rules(&suite.place, path, sizeof(path));
	if (install_rules(path))
		return;
	suite.by_rules = true;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		for (size_t j = 0; j < sets[i]->count; j++)
			if (sets[i]->operations[j].rule)
				run_operation(&sets[i]->operations[j]);
	suite.by_rules = false;
}

/* Every event of every kind, from every path: what the rules can ask for at most. */
static int watch_everything(void)
{
	struct compiled_policy *all;
	int error = compile_denying_rules(&all);

	if (error)
		return error;
	all->policy.container_kinds = ~0ULL;
	all->policy.any_path = PICKET_WATCH_READ | PICKET_WATCH_WRITE | PICKET_WATCH_PATH | PICKET_WATCH_FAILED |
			       PICKET_WATCH_SOCKET | PICKET_WATCH_EXEC | PICKET_WATCH_NETWORK;
	all->policy.flags |= PICKET_POLICY_FAILED | PICKET_POLICY_ARGS | PICKET_POLICY_DENY | PICKET_POLICY_ADDRESSES;
	all->policy.ports = ~0ULL;
	memset(all->policy.wanted, 0xff, sizeof(all->policy.wanted));
	all->addresses = operations_denied;
	all->address_count = operations_denied_count;
	error = kernel_install_policy(suite.kernel, all);
	all->addresses = NULL;
	policy_free(all);
	return error;
}

static int make_cgroup(const char *cgroup2)
{
	uint64_t id;
	int error;

	snprintf(suite.cgroup, sizeof(suite.cgroup), "%s/picket-suite-%d", cgroup2, getpid());
	if (mkdir(suite.cgroup, 0755))
		return -errno;
	memcpy(suite.place.cgroup, suite.cgroup, sizeof(suite.cgroup));
	error = cgroup_fs_id(cgroup2, strrchr(suite.cgroup, '/'), &id);
	if (error)
		return error;
	suite.slot = kernel_find_cgroup(suite.kernel, id);
	if (suite.slot < PICKET_SLOT_FIRST) {
		suite_report("FAIL", "lifecycle/slot_at_mkdir", "the new cgroup has no slot");
		return -ENOENT;
	}
	kernel_set_class(suite.kernel, suite.slot, PICKET_CGROUP_CONTAINER);
	suite_report("PASS", "lifecycle/slot_at_mkdir", "slot %u", suite.slot);
	return 0;
}

static int parse_arguments(int argc, char **argv, struct kernel_options *options)
{
	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
		options->sensors.backends[sensor] = PICKET_BACKEND_COUNT;
	for (int i = 1; i < argc; i++) {
		bool known = false;

		if (strcmp(argv[i], "--debug") == 0) { /* with what libbpf and the verifier say */
			log_configure(LOG_DEBUG, LOG_LOGFMT);
			continue;
		}
		if (strncmp(argv[i], "--transport=", 12) == 0) {
			options->sensors.objects.use_perf_buffer = strcmp(argv[i] + 12, "perfbuf") == 0;
			continue;
		}
		for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
			for (int backend = 0; backend < PICKET_BACKEND_COUNT; backend++) {
				char text[64];

				snprintf(text, sizeof(text), "--%s=%s", picket_sensor_name(sensor),
					 picket_backend_name(backend));
				if (strcmp(argv[i], text) == 0) {
					options->sensors.backends[sensor] = backend;
					known = true;
				}
			}
		if (!known) {
			fprintf(stderr, "suite: unknown argument %s\n", argv[i]);
			return -EINVAL;
		}
	}
	return 0;
}

static int start(const struct kernel_options *options)
{
	char reason[256] = "";
	int error = event_loop_new(&suite.loop);

	if (!error)
		error = kernel_open(suite.loop, options, &suite.metrics, &suite.kernel, reason, sizeof(reason));
	if (error) {
		printf("FAIL start/load %s\n", *reason ? reason : strerror(-error));
		return error;
	}
	for (uint32_t slot = PICKET_SLOT_FIRST; slot < 64; slot++)
		kernel_offer_slot(suite.kernel, slot);
	error = watch_everything();
	if (!error)
		kernel_attach(suite.kernel);
	if (!error)
		error = kernel_set_device(suite.kernel, 1 << 20 | 5, PICKET_DEVICE_TDX_GUEST);
	kernel_check_canaries(suite.kernel);
	suite.place.tracepoints = suite.metrics.sensors[PICKET_SENSOR_MODIFICATION].backend ==
				  PICKET_BACKEND_TRACEPOINT;
	suite.place.file_tracepoint = suite.metrics.sensors[PICKET_SENSOR_FILE].backend == PICKET_BACKEND_TRACEPOINT;
	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++) {
		const struct sensor_status *status = &suite.metrics.sensors[sensor];
		char name[64];

		if (sensor == PICKET_SENSOR_PERF) /* off unless asked for */
			continue;
		snprintf(name, sizeof(name), "canary/%s", picket_sensor_name(sensor));
		suite_report(status->up ? "PASS" : "FAIL", name, "%s %s", picket_backend_name(status->backend),
			     status->reason);
	}
	return error;
}

int main(int argc, char **argv)
{
	struct kernel_options options = {
		.sensors.objects = { .max_slots = 64, .buffer_bytes = 2 << 20 },
		.procfs_path = "/proc",
		.on_record = suite_on_record,
	};
	AUTO_FREE char *cgroup2 = NULL;
	struct utsname name;

	uname(&name);
	printf("KERNEL %s\n", name.release);
	if (parse_arguments(argc, argv, &options) || cgroup_fs_find_mount("/proc", &cgroup2))
		return 2;
	options.sensors.cgroup2_path = cgroup2;
	if (operations_prepare(&suite.place) || start(&options))
		return 2;
	if (make_cgroup(cgroup2) == 0) {
		run_all();
		check_perf();
		suite_flood();
		run_by_rules();
		run_filtered(operations_filter_rules, &filtered_operations);
		run_filtered(operations_filter_own_rules, &filtered_own_operations);
	}
	rmdir(suite.cgroup);
	operations_remove(&suite.place);
	kernel_close(suite.kernel);
	event_loop_free(suite.loop);
	printf("%u passed, %u failed, %u skipped\n", suite.passed, suite.failed, suite.skipped);
	return suite.failed ? 1 : 0;
}
