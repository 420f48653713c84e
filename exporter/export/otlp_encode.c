/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_encode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cleanup.h"
#include "otlp_logs.pb-c.h"
#include "state/utf8.h"
#include "version.h"

#define ATTRIBUTES_MAX 96
#define SUMMARY_SIZE 1024
#define GZIP_WINDOW (15 + 16) /* zlib's largest window, with gzip's header */

/* Numbers of OpenTelemetry's log severities, and the names that syslog gives ours. */
static const int severity_numbers[SEVERITY_COUNT] = {
	[SEVERITY_DEBUG] = 5,	 [SEVERITY_INFO] = 9,	[SEVERITY_NOTICE] = 10,
	[SEVERITY_WARNING] = 13, [SEVERITY_ERROR] = 17, [SEVERITY_CRITICAL] = 18,
};

/* All that one record points to while it is packed. */
struct building {
	Picket__Otlp__KeyValue attributes[ATTRIBUTES_MAX];
	Picket__Otlp__KeyValue *pointers[ATTRIBUTES_MAX];
	Picket__Otlp__AnyValue values[ATTRIBUTES_MAX];
	char *owned[ATTRIBUTES_MAX];
	size_t count, dropped;
	bool no_memory;
};

static void building_free(struct building *building)
{
	for (size_t i = 0; building && i < ATTRIBUTES_MAX; i++)
		free(building->owned[i]);
	free(building);
}

static char *text_of(const struct field_value *value)
{
	char buffer[FIELD_BUFFER_SIZE];
	size_t size;

	if (value->type == FIELD_STRING)
		return utf8_repair(value->string.text, value->string.size, &size);
	size = field_format(value, buffer, sizeof(buffer));
	return strndup(buffer, size);
}

static void add_attribute(void *context, const char *name, const struct field_value *field)
{
	struct building *building = context;
	size_t at = building->count;
	Picket__Otlp__AnyValue *value = &building->values[at];

	if (at == ATTRIBUTES_MAX) {
		building->dropped++;
		return;
	}
	picket__otlp__any_value__init(value);
	picket__otlp__key_value__init(&building->attributes[at]);
	switch (field->type) {
	case FIELD_INTEGER:
		value->value_case = PICKET__OTLP__ANY_VALUE__VALUE_INT_VALUE;
		value->int_value = field->integer;
		break;
	case FIELD_BOOLEAN:
		value->value_case = PICKET__OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
		value->bool_value = field->boolean;
		break;
	default:
		building->owned[at] = text_of(field);
		if (!building->owned[at]) {
			building->no_memory = true;
			return;
		}
		value->value_case = PICKET__OTLP__ANY_VALUE__VALUE_STRING_VALUE;
		value->string_value = building->owned[at];
		break;
	}
	building->attributes[at].key = (char *)name;
	building->attributes[at].value = value;
	building->pointers[at] = &building->attributes[at];
	building->count++;
}

static int pack(const ProtobufCMessage *message, struct otlp_bytes *ret_bytes)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = malloc(size ? size : 1);

	if (!bytes)
		return -ENOMEM;
	ret_bytes->size = protobuf_c_message_pack(message, bytes);
	ret_bytes->bytes = bytes;
	return 0;
}

int otlp_encode_finding(const struct finding *finding, int64_t observed_unix_ns, struct otlp_bytes *ret_record)
{
	Picket__Otlp__LogRecord record = PICKET__OTLP__LOG_RECORD__INIT;
	Picket__Otlp__AnyValue body = PICKET__OTLP__ANY_VALUE__INIT;
	struct building *building = calloc(1, sizeof(*building));
	char summary[SUMMARY_SIZE], event_name[96];
	int error = -ENOMEM;

	if (!building)
		return -ENOMEM;
	finding_summary(finding, summary, sizeof(summary));
	snprintf(event_name, sizeof(event_name), "picket.finding.%s",
		 catalogue_kind_name(finding->context.event->kind));
	body.value_case = PICKET__OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	body.string_value = summary;
	finding_visit(finding, add_attribute, building);
	record.time_unix_nano = finding->time_unix_ns;
	record.observed_time_unix_nano = observed_unix_ns;
	record.severity_number = severity_numbers[finding->rule->severity];
	record.severity_text = (char *)severity_name(finding->rule->severity);
	record.body = &body;
	record.event_name = event_name;
	record.attributes = building->pointers;
	record.n_attributes = building->count;
	record.dropped_attributes_count = building->dropped;
	if (!building->no_memory)
		error = pack(&record.base, ret_record);
	building_free(building);
	return error;
}

int otlp_encode_record(const struct otlp_record *from, int64_t unix_ns, struct otlp_bytes *ret_record)
{
	Picket__Otlp__LogRecord record = PICKET__OTLP__LOG_RECORD__INIT;
	Picket__Otlp__AnyValue body = PICKET__OTLP__ANY_VALUE__INIT;
	struct building *building = calloc(1, sizeof(*building));
	size_t size;
	AUTO_FREE char *text = utf8_repair(from->body, from->body_size, &size);
	int error = -ENOMEM;

	for (size_t i = 0; building && i < from->attribute_count; i++) {
		const char *value_text = from->attributes[i].text;
		struct field_value value = { .type = FIELD_STRING, .string = { value_text, strlen(value_text) } };

		add_attribute(building, from->attributes[i].name, &value);
	}
	body.value_case = PICKET__OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	body.string_value = text;
	record.time_unix_nano = unix_ns;
	record.observed_time_unix_nano = unix_ns;
	record.severity_number = severity_numbers[from->severity];
	record.severity_text = (char *)severity_name(from->severity);
	record.body = &body;
	record.event_name = (char *)from->event_name;
	if (building && text && !building->no_memory) {
		record.attributes = building->pointers;
		record.n_attributes = building->count;
		error = pack(&record.base, ret_record);
	}
	building_free(building);
	return error;
}

/* One ResourceLogs with one ScopeLogs around the records. */
static int pack_request(struct building *building, ProtobufCBinaryData *records, size_t count,
			struct otlp_bytes *ret_request)
{
	Picket__Otlp__ExportLogsServiceRequest request = PICKET__OTLP__EXPORT_LOGS_SERVICE_REQUEST__INIT;
	Picket__Otlp__ResourceLogs resource_logs = PICKET__OTLP__RESOURCE_LOGS__INIT;
	Picket__Otlp__ScopeLogs scope_logs = PICKET__OTLP__SCOPE_LOGS__INIT;
	Picket__Otlp__InstrumentationScope scope = PICKET__OTLP__INSTRUMENTATION_SCOPE__INIT;
	Picket__Otlp__Resource resource = PICKET__OTLP__RESOURCE__INIT;
	Picket__Otlp__ResourceLogs *resource_logs_list[] = { &resource_logs };
	Picket__Otlp__ScopeLogs *scope_logs_list[] = { &scope_logs };

	scope.name = "picket";
	scope.version = PICKET_VERSION;
	scope_logs.scope = &scope;
	scope_logs.log_records = records;
	scope_logs.n_log_records = count;
	resource.attributes = building->pointers;
	resource.n_attributes = building->count;
	resource_logs.resource = &resource;
	resource_logs.scope_logs = scope_logs_list;
	resource_logs.n_scope_logs = 1;
	request.resource_logs = resource_logs_list;
	request.n_resource_logs = 1;
	return pack(&request.base, ret_request);
}

int otlp_encode_request(const struct otlp_resource *resource, const struct otlp_bytes *records, size_t count,
			struct otlp_bytes *ret_request)
{
	AUTO_FREE ProtobufCBinaryData *borrowed = calloc(count + 1, sizeof(*borrowed));
	struct building *building = calloc(1, sizeof(*building));
	int error = -ENOMEM;

	for (size_t i = 0; borrowed && i < count; i++)
		borrowed[i] = (ProtobufCBinaryData){ .len = records[i].size, .data = records[i].bytes };
	for (size_t i = 0; building && i < resource->count; i++) {
		const char *text = resource->attributes[i].value;
		struct field_value value = { .type = FIELD_STRING, .string = { text, strlen(text) } };

		add_attribute(building, resource->attributes[i].key, &value);
	}
	if (borrowed && building && !building->no_memory)
		error = pack_request(building, borrowed, count, ret_request);
	building_free(building);
	return error;
}

int otlp_decode_response(const void *bytes, size_t bytes_size, uint64_t *ret_rejected, char *message, size_t size)
{
	Picket__Otlp__ExportLogsServiceResponse *response =
		picket__otlp__export_logs_service_response__unpack(NULL, bytes_size, bytes);
	uint64_t rejected = 0;

	if (!response)
		return -EBADMSG;
	*message = '\0';
	if (response->partial_success) {
		if (response->partial_success->rejected_log_records > 0)
			rejected = response->partial_success->rejected_log_records;
		utf8_append_printable(message, size, 0, response->partial_success->error_message,
				      strlen(response->partial_success->error_message));
	}
	picket__otlp__export_logs_service_response__free_unpacked(response, NULL);
	*ret_rejected = rejected;
	return 0;
}

int otlp_decode_status(const void *bytes, size_t bytes_size, char *message, size_t size)
{
	Picket__Otlp__Status *status = picket__otlp__status__unpack(NULL, bytes_size, bytes);

	if (!status)
		return -EBADMSG;
	*message = '\0';
	utf8_append_printable(message, size, 0, status->message, strlen(status->message));
	picket__otlp__status__free_unpacked(status, NULL);
	return 0;
}

int otlp_compress(const struct otlp_bytes *plain, struct otlp_bytes *ret_gzip)
{
	z_stream stream = { 0 };
	uint8_t *bytes;
	size_t bound;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	bound = deflateBound(&stream, plain->size);
	bytes = malloc(bound);
	stream.next_in = plain->bytes;
	stream.avail_in = plain->size;
	stream.next_out = bytes;
	stream.avail_out = bound;
	if (!bytes || deflate(&stream, Z_FINISH) != Z_STREAM_END) {
		deflateEnd(&stream);
		free(bytes);
		return -ENOMEM;
	}
	ret_gzip->bytes = bytes;
	ret_gzip->size = stream.total_out;
	deflateEnd(&stream);
	return 0;
}
