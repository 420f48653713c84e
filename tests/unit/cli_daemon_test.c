/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that ask a daemon. */
#include <pthread.h>
#include <stdatomic.h>

#include "cli_run.h"
#include "event_builder.h"
#include "export/control_server.h"

/* A server that a thread runs, with one container. */
struct served {
	struct event_loop *loop;
	struct registry *registry;
	struct self_metrics metrics;
	struct counter_table counters;
	struct container *container;
	struct control_server *server;
	pthread_t thread;
	atomic_bool stop;
};

static void release(void *context, struct container *container,
		    void (*done)(void *done_context, int error, const char *text), void *done_context)
{
	(void)context;
	done(done_context, container->quarantine ? 0 : -EINVAL, "nothing was done to this container");
	container->quarantine = NULL;
}

static void *serve(void *context)
{
	struct served *served = context;

	while (!served->stop) {
		event_loop_run_once(served->loop, 10);
		served->counters.slots[served->container->slot].value[PICKET_COUNTER_PROCESS_EXECS]++;
	}
	return NULL;
}

static void add_finding(struct served *served, const char *file)
{
	struct event_builder builder;
	struct rule rule = { .name = "shadow_file_read", .severity = SEVERITY_CRITICAL, .description = "" };
	struct finding finding = { .rule = &rule, .time_unix_ns = 1700000000000000000 };

	builder_open(&builder, "/usr/bin/any-program-at-all", file, PICKET_ACCESS_READ);
	finding.context.event = &builder.event;
	finding.context.container = served->container;
	control_server_publish(served->server, &finding);
}

static int start_server(void **state)
{
	struct served *served = calloc(1, sizeof(*served));
	struct registry_options registry = { .root_path = directory, .max_slots = 16, .retention_ns = 1 };
	struct control_server_options options = { .path = path, .release = release };
	struct registry_verdict verdict;
	char *error = NULL;

	make_directory(state);
	assert_int_equal(event_loop_new(&served->loop), 0);
	assert_int_equal(registry_new(&registry, &served->registry), 0);
	assert_int_equal(registry_add(served->registry, 7, 0,
				      "/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 3,
				      &verdict),
			 0);
	served->container = verdict.container;
	served->container->quarantine = "pause";
	served->counters.slots = calloc(16, sizeof(*served->counters.slots));
	served->counters.slot_count = 16;
	served->counters.slots[3].value[PICKET_COUNTER_FILE_OPENS_READ] = 4242;
	strcpy(served->metrics.sensors[PICKET_SENSOR_FILE].reason, "no lsm here");
	options.registry = served->registry;
	options.metrics = &served->metrics;
	options.counters = &served->counters;
	assert_int_equal(control_server_open(served->loop, &options, &served->server, &error), 0);
	add_finding(served, "/etc/shadow");
	add_finding(served, "/tmp/\x1b[2J\xc2\x9b");
	assert_int_equal(pthread_create(&served->thread, NULL, serve, served), 0);
	*state = served;
	return 0;
}

static int stop_server(void **state)
{
	struct served *served = *state;

	served->stop = true;
	pthread_join(served->thread, NULL);
	control_server_close(served->server);
	event_loop_free(served->loop);
	registry_free(served->registry);
	free(served->counters.slots);
	free(served);
	return remove_directory(state);
}

static void events_are_shown_for_people_and_for_programs(void **state)
{
	json_t *line;

	(void)state;
	RUN(&run, "events");
	assert_int_equal(run.status, 0);
	assert_says(run.out, "critical");
	assert_says(run.out, "/etc/shadow");
	RUN(&run, "events", "-n", "1", "--json");
	assert_int_equal(run.status, 0);
	assert_one_line(run.out);
	line = json_loads(run.out, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(line, "rule")), "shadow_file_read");
	json_decref(line);
	RUN(&run, "events", "--rule=none", "--container", "0123456789ab");
	assert_int_equal(run.status, 0);
	assert_string_equal(run.out, "");
}

static void nothing_that_a_workload_names_reaches_the_terminal_as_control(void **state)
{
	struct served *served = *state;

	free(served->container->image);
	served->container->image = strdup("\x1b]0;title\x07\xc2\x9b\xff");
	RUN(&run, "events", "-n", "1");
	assert_says(run.out, "/tmp/");
	assert_null(strpbrk(run.out, "\x1b\x07"));
	assert_null(strstr(run.out, "\xc2\x9b"));
	RUN(&run, "containers", "-v");
	assert_says(run.out, "]0;title");
	assert_null(strpbrk(run.out, "\x1b\x07"));
	assert_null(strstr(run.out, "\xc2\x9b"));
}

static void containers_are_shown_with_what_they_did(void **state)
{
	json_t *line;

	(void)state;
	RUN(&run, "containers");
	assert_int_equal(run.status, 0);
	assert_says(run.out, "QUARANTINE");
	assert_says(run.out, "0123456789ab ");
	assert_says(run.out, "pause");
	RUN(&run, "containers", "-v");
	assert_says(run.out, "picket_file_opens_total{access=read}");
	assert_says(run.out, "4242");
	RUN(&run, "containers", "--json");
	assert_one_line(run.out);
	line = json_loads(run.out, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(line, "runtime")), "docker");
	json_decref(line);
}

static void status_and_sensors_are_shown(void **state)
{
	(void)state;
	RUN(&run, "status");
	assert_int_equal(run.status, 0);
	assert_says(run.out, "picket_rules_loaded");
	RUN(&run, "status", "--json");
	assert_one_line(run.out);
	RUN(&run, "sensors");
	assert_int_equal(run.status, 0);
	assert_says(run.out, "DOWN   no lsm here");
}

static void top_shows_rates(void **state)
{
	double rate = 0;

	(void)state;
	RUN(&run, "top", "-n", "1");
	assert_int_equal(run.status, 0);
	assert_says(run.out, "EXEC/s");
	assert_int_equal(sscanf(strstr(run.out, "\n0123456789ab") + 13, "%*[^0-9]%lf", &rate), 1);
	assert_true(rate > 0 &&
		    rate < 1000); /* the server adds one in each turn: about 10 ms, the requests' own besides */
}

static void release_tells_what_came_of_it(void **state)
{
	(void)state;
	RUN(&run, "release", "0123456789ab");
	assert_int_equal(run.status, 0);
	assert_string_equal(run.out, "released\n");
	RUN(&run, "release", "0123456789ab");
	assert_int_equal(run.status, 1);
	assert_string_equal(run.err, "picket: nothing was done to this container\n");
	RUN(&run, "release", "nobody");
	assert_int_equal(run.status, 1);
	assert_one_line(run.err);
}

struct bad_daemon {
	int listening;
	const char *answer;
};

/* Answers the next client and hangs up, without reading. */
static void *answer_badly(void *context)
{
	struct bad_daemon *daemon = context;
	int fd = accept(daemon->listening, NULL, NULL);

	if (write(fd, daemon->answer, strlen(daemon->answer)) < 0)
		perror("write");
	close(fd);
	return NULL;
}

static void a_daemon_that_answers_nonsense_is_survived(void **state)
{
	static const struct {
		const char *answer, *says;
	} answers[] = {
		{ "", "closed the connection" },
		{ "\n", "cannot be read" },
		{ "{\"id\":", "cannot be read" },
		{ "[1]\n", "cannot be read" },
		{ "{\"error\":\"only root may ask\"}\n", "picket: only root may ask" },
		{ "{}\n{\"id\":7,\"name\":null,\"counters\":[]}\n", "closed the connection" },
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct bad_daemon daemon = { .listening = socket(AF_UNIX, SOCK_STREAM, 0) };

	(void)state;
	memcpy(address.sun_path, path, sizeof(path));
	assert_int_equal(bind(daemon.listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(daemon.listening, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		pthread_t thread;

		daemon.answer = answers[i].answer;
		assert_int_equal(pthread_create(&thread, NULL, answer_badly, &daemon), 0);
		RUN(&run, "containers", "-v");
		pthread_join(thread, NULL);
		assert_int_equal(run.status, 1);
		assert_says(run.err, answers[i].says);
	}
	close(daemon.listening);
}

#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIRECTORY(a_daemon_that_answers_nonsense_is_survived),
		WITH_SERVER(events_are_shown_for_people_and_for_programs),
		WITH_SERVER(nothing_that_a_workload_names_reaches_the_terminal_as_control),
		WITH_SERVER(containers_are_shown_with_what_they_did),
		WITH_SERVER(status_and_sensors_are_shown),
		WITH_SERVER(top_shows_rates),
		WITH_SERVER(release_tells_what_came_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
