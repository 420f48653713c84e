/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/web_auth.h"

#include <crypt.h>
#include <errno.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"

#define JOBS_MAX 16
#define REMEMBERED_MAX 128 /* of each verdict; the oldest goes */
#define HASH_SIZE 64
#define STACK_BYTES (256 << 10)
#define REST 3 /* times as long as a wrong guess took */
#define NICENESS 10

/* Of who asks with what: with a key that only this process knows, so it says nothing of the password. */
struct digest {
	uint8_t bytes[SHA256_DIGEST_SIZE];
};

struct remembered {
	struct digest digests[REMEMBERED_MAX];
	unsigned int count, next;
};

enum job_state { JOB_FREE, JOB_WAITS, JOB_RUNS, JOB_DONE };

struct job {
	enum job_state state;
	unsigned long number; /* they run in this order */
	struct digest digest;
	char password[WEB_PASSWORD_MAX + 1], hash[HASH_SIZE];
	bool known, allowed;
	web_auth_done *done;
	void *context;
};

struct web_auth {
	struct event_loop *loop;
	int event_fd; /* a job is done */
	uint8_t key[32];
	struct remembered allowed, refused;
	unsigned long numbers;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	bool stop;
	struct job jobs[JOBS_MAX];
};

static bool remembers(const struct remembered *list, const struct digest *digest)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (memeql_sec(&list->digests[i], digest, sizeof(*digest)))
			return true;
	return false;
}

static void remember(struct remembered *list, const struct digest *digest)
{
	if (remembers(list, digest))
		return;
	list->digests[list->next] = *digest;
	list->next = (list->next + 1) % REMEMBERED_MAX;
	if (list->count < REMEMBERED_MAX)
		list->count++;
}

static struct digest make_digest(const struct web_auth *auth, const struct web_credentials *credentials)
{
	const char *parts[] = { credentials->user, credentials->hash, credentials->password,
				credentials->known ? "known" : "" };
	struct hmac_sha256_ctx hmac;
	struct digest digest;

	hmac_sha256_set_key(&hmac, sizeof(auth->key), auth->key);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) /* each with its NUL */
		hmac_sha256_update(&hmac, strlen(parts[i]) + 1, (const uint8_t *)parts[i]);
	hmac_sha256_digest(&hmac, sizeof(digest.bytes), digest.bytes);
	return digest;
}

static bool password_fits(struct crypt_data *data, const char *password, const char *hash)
{
	const char *made = crypt_r(password, hash, data);
	size_t size = strlen(hash);

	return made && strlen(made) == size && memeql_sec(made, hash, size);
}

static struct job *next_job(struct web_auth *auth)
{
	struct job *next = NULL;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *job = &auth->jobs[i];

		if (job->state == JOB_WAITS && (!next || job->number < next->number))
			next = job;
	}
	return next;
}

/* With the lock; only the end of the daemon wakes it. */
static void rest(struct web_auth *auth, uint64_t duration_ns)
{
	uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + duration_ns;
	struct timespec end = { end_ns / 1000000000, end_ns % 1000000000 };

	while (!auth->stop && pthread_cond_clockwait(&auth->changed, &auth->lock, CLOCK_MONOTONIC, &end) != ETIMEDOUT)
		;
}

/* With the lock, which is not held meanwhile. */
static void run_job(struct web_auth *auth, struct job *job, struct crypt_data *data)
{
	uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
	bool fits;

	job->state = JOB_RUNS;
	pthread_mutex_unlock(&auth->lock);
	fits = password_fits(data, job->password, job->hash);
	pthread_mutex_lock(&auth->lock);
	job->allowed = fits && job->known;
	job->state = JOB_DONE;
	eventfd_write(auth->event_fd, 1);
	if (!job->allowed)
		rest(auth, (clock_ns(CLOCK_MONOTONIC) - start_ns) * REST);
}

static void *work(void *context)
{
	AUTO_FREE struct crypt_data *data = calloc(1, sizeof(*data));
	struct web_auth *auth = context;

	setpriority(PRIO_PROCESS, 0, NICENESS); /* of this thread alone */
	pthread_mutex_lock(&auth->lock);
	while (!auth->stop && data) {
		struct job *job = next_job(auth);

		if (job)
			run_job(auth, job, data);
		else
			pthread_cond_wait(&auth->changed, &auth->lock);
	}
	pthread_mutex_unlock(&auth->lock);
	if (data)
		explicit_bzero(data, sizeof(*data));
	return NULL;
}

/* Signals stay with the event loop. */
static int start_thread(struct web_auth *auth)
{
	pthread_attr_t attributes;
	sigset_t all, old;
	int error;

	if (auth->has_thread)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	error = pthread_create(&auth->thread, &attributes, work, auth);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	auth->has_thread = !error;
	return -error;
}

/* A done job, or one that waited for the same: with the lock. @ret_job: a copy of it, its place is free again. */
static bool take_done(struct web_auth *auth, struct job *ret_job)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *job = &auth->jobs[i];
		bool answered = job->state == JOB_DONE;

		if (job->state == JOB_WAITS) {
			job->allowed = remembers(&auth->allowed, &job->digest);
			answered = job->allowed || remembers(&auth->refused, &job->digest);
		}
		if (!answered)
			continue;
		*ret_job = *job;
		explicit_bzero(job, sizeof(*job));
		return true;
	}
	return false;
}

static void on_done(void *context, int fd, uint32_t events)
{
	struct web_auth *auth = context;
	eventfd_t count;
	struct job job;
	bool found;

	(void)events;
	eventfd_read(fd, &count);
	do {
		pthread_mutex_lock(&auth->lock);
		found = take_done(auth, &job);
		pthread_mutex_unlock(&auth->lock);
		if (!found)
			break;
		remember(job.allowed ? &auth->allowed : &auth->refused, &job.digest);
		job.done(job.context, job.allowed);
	} while (found);
	explicit_bzero(&job, sizeof(job));
}

int web_auth_new(struct event_loop *loop, struct web_auth **ret_auth)
{
	struct web_auth *auth = calloc(1, sizeof(*auth));
	int error = 0;

	if (!auth)
		return -ENOMEM;
	auth->loop = loop;
	pthread_mutex_init(&auth->lock, NULL);
	pthread_cond_init(&auth->changed, NULL);
	auth->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (auth->event_fd < 0 || getrandom(auth->key, sizeof(auth->key), 0) != sizeof(auth->key))
		error = -errno;
	if (!error)
		error = event_loop_watch(loop, auth->event_fd, EPOLLIN, on_done, auth);
	if (error) {
		web_auth_free(auth);
		return error;
	}
	*ret_auth = auth;
	return 0;
}

/* Return: false when there is no room for it. */
static bool queue(struct web_auth *auth, const struct web_credentials *credentials, const struct digest *digest,
		  web_auth_done *done, void *context)
{
	size_t i = 0;

	while (i < JOBS_MAX && auth->jobs[i].state != JOB_FREE)
		i++;
	if (i == JOBS_MAX)
		return false;
	auth->jobs[i] = (struct job){ .state = JOB_WAITS,
				      .number = ++auth->numbers,
				      .digest = *digest,
				      .known = credentials->known,
				      .done = done,
				      .context = context };
	strcpy(auth->jobs[i].password, credentials->password);
	strcpy(auth->jobs[i].hash, credentials->hash);
	pthread_cond_signal(&auth->changed);
	return true;
}

enum web_auth_verdict web_auth_check(struct web_auth *auth, const struct web_credentials *credentials,
				     web_auth_done *done, void *context)
{
	struct digest digest;
	bool queued;

	if (strlen(credentials->password) > WEB_PASSWORD_MAX || strlen(credentials->hash) >= HASH_SIZE)
		return WEB_AUTH_REFUSED;
	digest = make_digest(auth, credentials);
	if (remembers(&auth->allowed, &digest))
		return WEB_AUTH_ALLOWED;
	if (remembers(&auth->refused, &digest))
		return WEB_AUTH_REFUSED;
	if (start_thread(auth))
		return WEB_AUTH_BUSY;
	pthread_mutex_lock(&auth->lock);
	queued = queue(auth, credentials, &digest, done, context);
	pthread_mutex_unlock(&auth->lock);
	return queued ? WEB_AUTH_WAITS : WEB_AUTH_BUSY;
}

static void stop_thread(struct web_auth *auth)
{
	if (!auth->has_thread)
		return;
	pthread_mutex_lock(&auth->lock);
	auth->stop = true;
	pthread_cond_signal(&auth->changed);
	pthread_mutex_unlock(&auth->lock);
	pthread_join(auth->thread, NULL);
}

void web_auth_free(struct web_auth *auth)
{
	if (!auth)
		return;
	stop_thread(auth);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (auth->jobs[i].state != JOB_FREE)
			auth->jobs[i].done(auth->jobs[i].context, false);
	if (auth->event_fd >= 0) {
		event_loop_unwatch(auth->loop, auth->event_fd);
		close(auth->event_fd);
	}
	pthread_cond_destroy(&auth->changed);
	pthread_mutex_destroy(&auth->lock);
	explicit_bzero(auth, sizeof(*auth));
	free(auth);
}
