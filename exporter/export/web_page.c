/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/web_page.h"

#include <string.h>

#include "cleanup.h"
#include "version.h"

#define ROWS_MAX 500 /* containers on the page; all are in the metrics */

static const char head[] =
	"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>picket</title>"
	"<meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"10\"><style>"
	":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}"
	"h1{margin-bottom:0}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}"
	"th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}td.n,th.n{text-align:right;"
	"font-variant-numeric:tabular-nums}.bad{color:#c22;font-weight:600}.good{color:#283}"
	"code{font-size:.9em}</style></head><body>";

static void write_sensors(struct text *out, const struct self_metrics *metrics)
{
	text_add(out, "<h2>Sensors</h2><table><tr><th>Sensor<th>Backend<th>State<th>Why</tr>");
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++) {
		const struct sensor_status *status = &metrics->sensors[i];

		text_add_format(out, "<tr><td>%s<td>%s<td class=\"%s\">%s<td>", picket_sensor_name(i),
				picket_backend_name(status->backend), status->up ? "good" : "bad",
				status->up ? "up" : "down");
		text_add_html(out, status->reason);
		text_add(out, "</tr>");
	}
	text_add(out, "</table>");
}

/* Columns: sums over all counters of a family. */
static const struct {
	const char *title;
	enum picket_family family;
} columns[] = {
	{ "Programs", PICKET_FAMILY_PROCESS_EXECS },
	{ "Opens", PICKET_FAMILY_FILE_OPENS },
	{ "Refused opens", PICKET_FAMILY_FILE_OPEN_FAILURES },
	{ "Connections", PICKET_FAMILY_NETWORK_CONNECTS },
};

static uint64_t family_sum(const struct exposition_source *source, const struct container *container,
			   enum picket_family family)
{
	uint64_t sum = 0;

	for (int i = counter_table_first(family); i < PICKET_COUNTER_COUNT && counter_infos[i].family == family; i++)
		sum += counter_table_read(source->counters, source->registry, container, i);
	return sum;
}

static uint64_t rule_sum(const struct exposition_source *source, const struct container *container)
{
	size_t count = rules_count(*source->rules);
	uint64_t sum = 0;

	for (size_t i = 0; container->rule_matches && i < count; i++)
		sum += container->rule_matches[i];
	return sum;
}

/* With what proved it, unless nothing is particular about it. */
static void write_isolation(struct text *out, const struct isolation *isolation)
{
	text_add_format(out, "<td>%s", container_isolation_name(isolation->class));
	if (isolation->class == ISOLATION_NAMESPACE && !*isolation->handler)
		return;
	text_add(out, "<br><small>");
	text_add_html(out, isolation->handler);
	if (isolation->evidence != EVIDENCE_NONE)
		text_add_format(out, " by %s", isolation_evidence_name(isolation->evidence));
	if (isolation_unseen(isolation)[0]) {
		text_add(out, "<br><abbr title=\"");
		text_add_html(out, isolation_unseen(isolation));
		text_add_format(out, "\">seen as one %s</abbr>", isolation_attribution(isolation));
	}
	text_add(out, "</small>");
}

static void write_row(struct text *out, const struct exposition_source *source, const struct container *container)
{
	uint64_t matches = rule_sum(source, container);

	text_add(out, "<tr><td>");
	text_add_html(out, container->name);
	if (*container->pod) {
		text_add(out, "<br><small>");
		text_add_html(out, container->namespace);
		text_add(out, "/");
		text_add_html(out, container->pod);
		text_add(out, "</small>");
	}
	text_add(out, "<td><code>");
	text_add_format(out, "%.12s", container->id);
	text_add(out, "</code><td>");
	text_add_html(out, container->image);
	text_add_format(out, "<td>%s", container->runtime);
	write_isolation(out, &container->isolation);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		text_add(out, "<td class=\"n\">");
		text_add_u64(out, family_sum(source, container, columns[i].family));
	}
	text_add_format(out, "<td class=\"n%s\">", matches ? " bad" : "");
	text_add_u64(out, matches);
	text_add_format(out, "<td class=\"bad\">%s</tr>", container->quarantine ? container->quarantine : "");
}

static void write_containers(struct text *out, const struct exposition_source *source)
{
	size_t count = registry_count(source->registry), rows = 0, live = 0;

	text_add(out, "<h2>Containers</h2><table><tr><th>Name<th>Id<th>Image<th>Runtime<th>Isolation");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		text_add_format(out, "<th class=\"n\">%s", columns[i].title);
	text_add(out, "<th class=\"n\">Rule matches<th>Held by</tr>");
	for (size_t i = 0; i < count; i++) {
		const struct container *container = registry_at(source->registry, i);

		if (container->removed_unix_ns)
			continue;
		live++;
		if (rows < ROWS_MAX) {
			write_row(out, source, container);
			rows++;
		}
	}
	text_add(out, "</table>");
	if (!live)
		text_add(out, "<p>None yet. Start one: it appears here by itself.</p>");
	if (live > rows)
		text_add_format(out, "<p>%zu more are in the metrics.</p>", live - rows);
}

void web_page_write(struct text *out, const struct exposition_source *source, const char *telemetry_path)
{
	const struct self_metrics *metrics = source->metrics;

	text_add(out, head);
	text_add_format(out,
			"<h1>picket</h1><p>Container security exporter, version %s. Enforcement is %s; %llu rules.",
			PICKET_VERSION, metrics->enforce ? "<b>on</b>" : "off (responses are only reported)",
			(unsigned long long)metrics->rules_loaded);
	if (!metrics->rules_last_reload_successful)
		text_add(out,
			 " <span class=\"bad\">The last reload of the rules failed; the old ones are in force.</span>");
	text_add(out, "</p><p><a href=\"");
	text_add_html(out, telemetry_path);
	text_add(
		out,
		"\">Metrics</a> &middot; <a href=\"/-/healthy\">Healthy</a> &middot; <a href=\"/-/ready\">Ready</a></p>");
	write_sensors(out, metrics);
	write_containers(out, source);
	text_add(out, "</body></html>\n");
}
