/* SPDX-License-Identifier: GPL-2.0-only */
/* tee_ops MINOR: open /dev/sev-guest, made first when MINOR is not 0, ask it for a report; prints what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define SNP_GET_REPORT 0xc0205300
#define MISC_MAJOR 10

int main(int argc, char **argv)
{
	char request[32] = "";
	int minor = argc > 1 ? atoi(argv[1]) : 0, fd;

	if (minor && mknod("/dev/sev-guest", S_IFCHR | 0600, makedev(MISC_MAJOR, minor))) {
		perror("mknod");
		return 1;
	}
	fd = open("/dev/sev-guest", O_RDWR);
	if (fd < 0) {
		perror("open");
		return 1;
	}
	printf("%s\n", ioctl(fd, SNP_GET_REPORT, request) ? strerror(errno) : "a report");
	return 0;
}
