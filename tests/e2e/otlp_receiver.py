# SPDX-License-Identifier: GPL-2.0-only
"""An OTLP/HTTP log receiver that shares no code with picket.

The messages are declared here by hand from the OpenTelemetry protocol's published field numbers and decoded by
google.protobuf, so that a mistake in picket's own .proto file cannot hide behind the same mistake here.
"""
import gzip
import http.server
import threading

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
TYPES = {"string": F.TYPE_STRING, "bool": F.TYPE_BOOL, "int64": F.TYPE_INT64, "double": F.TYPE_DOUBLE,
         "bytes": F.TYPE_BYTES, "fixed64": F.TYPE_FIXED64, "sfixed64": F.TYPE_SFIXED64, "fixed32": F.TYPE_FIXED32, "uint32": F.TYPE_UINT32,
         "int32": F.TYPE_INT32}

# message: {field: (number, type)}; "*" marks a repeated field
MESSAGES = {
    "ArrayValue": {"values": (1, "*AnyValue")},
    "KeyValueList": {"values": (1, "*KeyValue")},
    "AnyValue": {"string_value": (1, "string"), "bool_value": (2, "bool"), "int_value": (3, "int64"),
                 "double_value": (4, "double"), "array_value": (5, "ArrayValue"),
                 "kvlist_value": (6, "KeyValueList"), "bytes_value": (7, "bytes")},
    "KeyValue": {"key": (1, "string"), "value": (2, "AnyValue")},
    "InstrumentationScope": {"name": (1, "string"), "version": (2, "string"), "attributes": (3, "*KeyValue")},
    "Resource": {"attributes": (1, "*KeyValue")},
    "LogRecord": {"time_unix_nano": (1, "fixed64"), "severity_number": (2, "int32"),
                  "severity_text": (3, "string"), "body": (5, "AnyValue"), "attributes": (6, "*KeyValue"),
                  "dropped_attributes_count": (7, "uint32"), "flags": (8, "fixed32"), "trace_id": (9, "bytes"),
                  "span_id": (10, "bytes"), "observed_time_unix_nano": (11, "fixed64"),
                  "event_name": (12, "string")},
    "ScopeLogs": {"scope": (1, "InstrumentationScope"), "log_records": (2, "*LogRecord"),
                  "schema_url": (3, "string")},
    "ResourceLogs": {"resource": (1, "Resource"), "scope_logs": (2, "*ScopeLogs"), "schema_url": (3, "string")},
    "ExportLogsServiceRequest": {"resource_logs": (1, "*ResourceLogs")},
}


def message_class(messages, root):
    """The class of the message `root` of such a table."""
    file = descriptor_pb2.FileDescriptorProto(name="receiver.proto", package="receiver", syntax="proto2")
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            label = F.LABEL_REPEATED if kind.startswith("*") else F.LABEL_OPTIONAL
            kind = kind.lstrip("*")
            added = message.field.add(name=field, number=number, label=label)
            if kind in TYPES:
                added.type = TYPES[kind]
            else:
                added.type, added.type_name = F.TYPE_MESSAGE, ".receiver." + kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName(f"receiver.{root}")
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


Request = message_class(MESSAGES, "ExportLogsServiceRequest")


def plain(value):
    """An AnyValue as a Python value."""
    for field in ("string_value", "bool_value", "int_value", "double_value", "bytes_value"):
        if value.HasField(field):
            return getattr(value, field)
    if value.HasField("array_value"):
        return [plain(item) for item in value.array_value.values]
    return {item.key: plain(item.value) for item in value.kvlist_value.values}


def attributes(message):
    pairs = [(item.key, plain(item.value)) for item in message.attributes]
    assert len(dict(pairs)) == len(pairs), f"an attribute twice: {pairs}"
    return dict(pairs)


def unknown_fields(message):
    """Names of the messages that carry a field the protocol does not have."""
    found = [message.DESCRIPTOR.name] if len(message.UnknownFields()) else []
    for field, value in message.ListFields():
        if field.type == F.TYPE_MESSAGE:
            for item in value if field.label == F.LABEL_REPEATED else [value]:
                found += unknown_fields(item)
    return found


class Receiver:
    """Listens on one port between start() and stop(); `records` keeps what came, over restarts too.

    status: answered to each request; what is not answered by 200 is not kept.
    """

    def __init__(self, port, address="127.0.0.1"):
        self.port, self.address = port, address
        self.status = 200
        self.records = []
        self.refused = 0
        self.encodings = []
        self.paths = []
        self.problems = []
        self.server = None
        self.lock = threading.Lock()

    @property
    def endpoint(self):
        return f"http://{self.address}:{self.port}"

    def take(self, headers, body, path):
        encoding = headers.get("Content-Encoding", "identity")
        body = gzip.decompress(body) if encoding == "gzip" else body
        request = Request()
        request.ParseFromString(body)
        with self.lock:
            self.encodings.append(encoding)
            self.paths.append(path)
            if headers.get("Content-Type") != "application/x-protobuf":
                self.problems.append(f"content type {headers.get('Content-Type')}")
            self.problems += [f"unknown field in {name}" for name in unknown_fields(request)]
            if self.status != 200:
                self.refused += 1
                return
            for resource_logs in request.resource_logs:
                resource = attributes(resource_logs.resource)
                for scope_logs in resource_logs.scope_logs:
                    for record in scope_logs.log_records:
                        self.records.append({
                            "resource": resource, "scope": scope_logs.scope.name, "body": plain(record.body),
                            "severity_text": record.severity_text, "severity_number": record.severity_number,
                            "event_name": record.event_name, "time": record.time_unix_nano,
                            "observed": record.observed_time_unix_nano, "attributes": attributes(record)})

    def start(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.status
                try:
                    receiver.take(self.headers, body, self.path)
                except Exception as error:  # pylint: disable=broad-except
                    receiver.problems.append(repr(error))
                    status = 400
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server((self.address, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
