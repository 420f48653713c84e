/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules that the variants are noticed by: what a user writes about a file, a program, a connection. */
#include <stdio.h>

#include "operations.h"

/* "@": the directory of struct operations_place */
static const char text[] =
	"rules:\n"
	"- {name: read, event: file_open, scope: any, where: {file.path: @/secret, file.access: read}}\n"
	"- {name: path_only, event: file_open, scope: any, where: {file.path: @/secret, file.access: path}}\n"
	"- {name: write, event: file_open, scope: any, where: {file.path: @/secret, file.access: write}}\n"
	"- {name: read_plain, event: file_open, scope: any, where: {file.path: @/plain, file.access: read}}\n"
	"- {name: read_moved, event: file_open, scope: any, where: {file.path: @/moved/plain, file.access: read}}\n"
	"- {name: read_made, event: file_open, scope: any, where: {file.path: @/made, file.access: read}}\n"
	"- {name: made, event: file_open, scope: any, where: {file.path: @/made, file.access: create}}\n"
	"- {name: absent, event: file_open, scope: any, where: {file.path: @/absent, file.error: ENOENT}}\n"
	"- {name: refused, event: file_open, scope: any, where: {file.path: @/secret, file.error: EACCES}}\n"
	"- {name: changed, event: file_modify, scope: any, where: {file.path: {glob: \"@/**\"}}}\n"
	"- {name: named, event: process_exec, scope: any, where: {process.programs: wanted}}\n"
	"- {name: program, event: process_exec, scope: any, where: {process.executable.path: @/program}}\n"
	"- {name: script, event: process_exec, scope: any, where: {process.requested_path: {suffix: /script}}}\n"
	"- {name: memory, event: process_exec, scope: any, where: {process.memfd: true}}\n"
	"- {name: deleted, event: process_exec, scope: any,\n"
	"   where: {process.deleted: true, process.memfd: false}}\n"
	"- {name: upper, event: process_exec, scope: any, where: {process.upper_layer: true}}\n"
	"- {name: image, event: process_exec, scope: any, where: {process.executable.path: @/merged/tool}}\n"
	"- {name: command, event: process_exec, scope: any, where: {process.arguments: {prefix: '-c '}}}\n"
	"- {name: connect, event: network_connect, scope: any,\n"
	"   where: {destination.address: 127.0.0.1, destination.port: 1}}\n"
	"- {name: connect6, event: network_connect, scope: any,\n"
	"   where: {destination.address: '::1', destination.port: 1}}\n"
	"- {name: send, event: network_send, scope: any, where: {destination.address: 127.0.0.1, destination.port: 9}}\n"
	"- {name: send6, event: network_send, scope: any, where: {destination.address: '::1', destination.port: 9}}\n"
	"- {name: bind, event: network_bind, scope: any}\n"
	"- {name: listen, event: network_listen, scope: any}\n"
	"- {name: accept, event: network_accept, scope: any, where: {source.address: 127.0.0.1}}\n"
	"- {name: accept6, event: network_accept, scope: any, where: {source.address: '::1'}}\n"
	"- {name: socket, event: network_socket, scope: any}\n"
	"- {name: local_socket, event: unix_connect, scope: any, where: {file.path: @/real/the.sock}}\n";

void operations_write_variant_rules(const struct operations_place *place, char *path, size_t size)
{
	char rules[2 * sizeof(text)], *end = rules;

	for (const char *next = text; *next; next++)
		if (*next == '@')
			end += sprintf(end, "%s", place->directory);
		else
			*end++ = *next;
	*end = '\0';
	operations_write(place->directory, "rules.yaml", rules, 0600);
	snprintf(path, size, "%s/rules.yaml", place->directory);
}
