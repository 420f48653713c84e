// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests to trusted execution environments: those ioctl(2) commands on their
 * devices that give a report, a quote or a key. Seen when the call ends, so
 * that success and failure are told apart.
 *
 * The commands of different devices share numbers (SGX and TEE use magic 0xa4,
 * SEV host and guest 0x53): the device number decides first.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "device.h"
#include "record.h"
#include "syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SGX_IOC_ENCLAVE_PROVISION 0x4008a403
#define SNP_GET_REPORT 0xc0205300
#define SNP_GET_DERIVED_KEY 0xc0205301
#define SNP_GET_EXT_REPORT 0xc0205302
#define SEV_ISSUE_CMD 0xc0105300
#define TDX_CMD_GET_REPORT0 0xc4405401
#define TEE_IOC_OPEN_SESSION 0x8010a402
#define TEE_IOC_INVOKE 0x8010a403
#define UVIO_IOCTL_ATT 0xc0407501

/* The TEE that is asked for a proof; PICKET_TEE_COUNT: something else is asked. */
static __always_inline __u32 tee_of_request(__u32 device, __u32 request)
{
	switch (device) {
	case PICKET_DEVICE_SGX_ENCLAVE:
	case PICKET_DEVICE_SGX_PROVISION:
		return request == SGX_IOC_ENCLAVE_PROVISION ? PICKET_TEE_SGX : PICKET_TEE_COUNT;
	case PICKET_DEVICE_SEV_GUEST:
		return request == SNP_GET_REPORT || request == SNP_GET_DERIVED_KEY || request == SNP_GET_EXT_REPORT
			       ? PICKET_TEE_SEV
			       : PICKET_TEE_COUNT;
	case PICKET_DEVICE_SEV:
		return request == SEV_ISSUE_CMD ? PICKET_TEE_SEV : PICKET_TEE_COUNT;
	case PICKET_DEVICE_TDX_GUEST:
		return request == TDX_CMD_GET_REPORT0 ? PICKET_TEE_TDX : PICKET_TEE_COUNT;
	case PICKET_DEVICE_TEE:
		return request == TEE_IOC_OPEN_SESSION || request == TEE_IOC_INVOKE ? PICKET_TEE_TEE : PICKET_TEE_COUNT;
	case PICKET_DEVICE_UV:
		return request == UVIO_IOCTL_ATT ? PICKET_TEE_UV : PICKET_TEE_COUNT;
	}
	return PICKET_TEE_COUNT;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(device_ioctl, struct pt_regs *regs, long result)
{
	struct file *file = file_of_descriptor(syscall_argument(regs, 0));
	__u32 request = syscall_argument(regs, 1), node, mode, device, tee, *named;
	struct event_scratch *record;
	struct path_buffer *path;
	struct subject subject;

	if (!file)
		return 0;
	mode = BPF_CORE_READ(file, f_inode, i_mode);
	if ((mode & S_IFMT) != S_IFCHR)
		return 0;
	node = BPF_CORE_READ(file, f_inode, i_rdev);
	named = bpf_map_lookup_elem(&devices, &node);
	if (!named)
		return 0;
	device = *named - 1;
	tee = tee_of_request(device, request);
	if (tee >= PICKET_TEE_COUNT)
		return 0;
	subject = subject_current();
	subject_count(&subject, PICKET_COUNTER_TEE_ATTESTATIONS_SGX + tee);
	if (result < 0)
		subject_count(&subject, PICKET_COUNTER_TEE_ATTESTATION_FAILURES_SGX + tee);
	record = record_begin_wanted(PICKET_KIND_TEE_REQUEST, &subject);
	path = path_buffer_get();
	if (!record || !path)
		return 0;
	record->event.result = result;
	record->event.tee.device = device;
	record->event.tee.tee = tee;
	record->event.tee.request = request;
	record->event.tee.node = node;
	path_of_file(path, file);
	record_add_path(record, PICKET_TEXT_PATH, path);
	record_send(ctx, record);
	return 0;
}
