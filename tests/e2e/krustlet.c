/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * krustlet-wasi MODULE: as far as the kernel can tell, a kubelet that runs WebAssembly modules in its own process: it
 * maps one, and never starts a program. Each byte on standard input is something that none of its modules can ask for.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_program(void)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

static void act(int wish)
{
	int fd;

	switch (wish) {
	case 'x':
		run_program();
		break;
	case 'm':
		mount("none", "/nowhere", "tmpfs", 0, NULL);
		break;
	case 'r':
		fd = socket(AF_INET, SOCK_RAW, 1);
		if (fd >= 0)
			close(fd);
		break;
	case 'o': /* what a kubelet may well do */
		fd = open("/etc/shadow", O_RDONLY);
		if (fd >= 0)
			close(fd);
		break;
	}
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1, wish;
	void *module = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_PRIVATE, fd, 0);

	if (module == MAP_FAILED) {
		perror("krustlet-wasi");
		return 1;
	}
	close(fd);
	puts("serving");
	fflush(stdout);
	while ((wish = getchar()) != EOF)
		act(wish);
	return 0;
}
