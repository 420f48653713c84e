/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/canary.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"

static bool fork_child(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child > 0 && waitpid(child, NULL, 0) == child;
}

static bool open_null(void)
{
	AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd >= 0;
}

/* A connected UDP socket sends nothing. */
static bool connect_udp(void)
{
	struct sockaddr_in discard = { .sin_family = AF_INET, .sin_port = htons(9) };
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	discard.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 && connect(fd, (struct sockaddr *)&discard, sizeof(discard)) == 0;
}

/* Nobody listens, and the answer is not waited for. */
static bool send_datagram(void)
{
	struct sockaddr_in discard = { .sin_family = AF_INET, .sin_port = htons(9) };
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	discard.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 && sendto(fd, "", 0, 0, (struct sockaddr *)&discard, sizeof(discard)) == 0;
}

static const struct {
	bool (*fly)(void);
	enum picket_counter counter;
} canaries[PICKET_SENSOR_COUNT] = {
	[PICKET_SENSOR_PROCESS] = { fork_child, PICKET_COUNTER_PROCESS_FORKS },
	[PICKET_SENSOR_FILE] = { open_null, PICKET_COUNTER_FILE_OPENS_READ },
	[PICKET_SENSOR_NETWORK] = { connect_udp, PICKET_COUNTER_NETWORK_CONNECTS_UDP4 },
	[PICKET_SENSOR_TRAFFIC] = { send_datagram, PICKET_COUNTER_NETWORK_TRANSMIT_PACKETS },
};

bool canary_fly(enum picket_sensor sensor, const struct picket_counters *slots, uint32_t slot, bool *ret_seen)
{
	const uint64_t *value;
	uint64_t before;

	if (!canaries[sensor].fly)
		return false;
	value = (const uint64_t *)&slots[slot].value[canaries[sensor].counter];
	before = __atomic_load_n(value, __ATOMIC_ACQUIRE);
	if (!canaries[sensor].fly())
		return false;
	*ret_seen = __atomic_load_n(value, __ATOMIC_ACQUIRE) != before;
	return true;
}
