# SPDX-License-Identifier: GPL-2.0-only
"""The dashboards are what their source makes, and keep the rules that Grafana's dashboard-linter has."""
import re
import subprocess
import sys

import grafana
import pytest

sys.path.insert(0, str(grafana.ROOT / "dashboards" / "mixin"))
import render  # noqa: E402

DASHBOARDS = {path.stem: grafana.load(path) for path in grafana.PATHS}
COUNTER = re.compile(r"\b\w+_total\{")
WINDOW = re.compile(r"\b(rate|irate|increase|\w+_over_time)\([^\[]*\[([^\]]*)\]")


def each(function):
    """A test for each dashboard."""
    return pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS.keys())(function)


def each_panel(function):
    found = [(dashboard, panel) for dashboard in DASHBOARDS.values() for panel in grafana.panels(dashboard)]
    return pytest.mark.parametrize("dashboard,panel", found,
                                   ids=[f"{d['uid']}-{p['title'].replace(' ', '_')}" for d, p in found])(function)


def test_the_files_are_what_the_mixin_makes():
    assert {path.name: path.read_text() for path in grafana.PATHS} == render.dashboards(), "run dashboards/mixin/render.py"


def test_there_is_one_for_each_question():
    assert set(DASHBOARDS) == {"picket-fleet", "picket-node", "picket-container", "picket-attacks", "picket-health"}


def test_another_window_changes_the_recorded_series_too():
    text = "".join(render.dashboards('{ window: "30m" }').values())
    assert "increase30m" in text and "increase10m" not in text


@each
def test_it_has_a_name_of_its_own_and_nobody_edits_it_in_place(dashboard):
    assert len(dashboard["uid"]) <= 40 and dashboard["editable"] is False and dashboard["title"].startswith("picket / ")
    assert dashboard["description"].endswith(".") and dashboard["schemaVersion"] >= 38 and "id" not in dashboard
    assert "__inputs" not in dashboard and "${DS_" not in str(dashboard), "breaks when it is provisioned"


@each
def test_it_chooses_data_source_job_cluster_and_node(dashboard):
    found = grafana.variables(dashboard)
    source = found["datasource"]
    assert (source["type"], source["query"], source["label"]) == ("datasource", "prometheus", "Data source")
    for name in ("job", "cluster", "instance"):
        variable = found[name]
        assert variable["multi"] and variable["includeAll"] and variable["refresh"] == 2, name
        assert variable["allValue"] == (".*" if name == "cluster" else ".+"), name
        assert variable["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert found["instance"]["label"] == "Node"


@pytest.mark.parametrize("uid", ["picket-container", "picket-attacks"])
def test_containers_are_chosen_by_namespace_pod_and_name(uid):
    assert {"namespace", "pod", "container"} <= grafana.variables(DASHBOARDS[uid]).keys()


@each
def test_the_others_are_one_click_away(dashboard):
    link, = dashboard["links"]
    assert link["type"] == "dashboards" and link["tags"] == ["picket"] and link["includeVars"] and link["keepTime"]
    assert "picket" in dashboard["tags"]


@each
def test_links_lead_to_dashboards_and_variables_that_exist(dashboard):
    for uid, variable in re.findall(r"/d/([\w-]+)\?[^\"]*&var-(\w+)=", str(dashboard)):
        assert variable in grafana.variables(DASHBOARDS[uid])


@each
def test_panels_do_not_overlap_and_have_ids_of_their_own(dashboard):
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert 0 <= place["x"] and place["x"] + place["w"] <= 24, panel["title"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("uid", sorted(set(DASHBOARDS) - {"picket-health"}))
def test_findings_are_marked_in_every_graph(uid):
    marks = [mark for mark in DASHBOARDS[uid]["annotations"]["list"] if mark["name"] == "Findings"]
    assert len(marks) == 1 and 'severity=~"critical|error"' in marks[0]["expr"]


@each_panel
def test_a_panel_says_what_it_shows_in_which_unit(dashboard, panel):
    assert panel["title"] and panel["description"].endswith("."), "a description is a sentence"
    assert panel["targets"], "asks for something"
    if panel["type"] != "logs":
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_panel
def test_an_expression_stays_within_the_choice(dashboard, panel):
    for target in panel["targets"]:
        assert target["refId"]
        for inside in re.findall(r"\w\{([^}]*)\}", target["expr"]) if target["datasource"]["type"] == "prometheus" else ():
            for name in ("job", "cluster", "instance"):
                assert f'{name}=~"${name}"' in inside, target["expr"]
        assert set(found[0] or found[1] for found in grafana.REFERENCE.findall(target["expr"])) <= \
            grafana.variables(dashboard).keys() | grafana.TIMES.keys()


@each_panel
def test_counters_are_shown_as_their_change_over_the_interval_of_the_graph(dashboard, panel):
    for target in panel["targets"]:
        if target["datasource"]["type"] != "prometheus":
            continue
        for function, window in WINDOW.findall(target["expr"]):
            assert window == ("$__range" if function.endswith("_over_time") else "$__rate_interval"), target["expr"]
        if COUNTER.search(target["expr"]) and panel["type"] == "timeseries":
            assert re.search(r"\b(rate|increase)\(", target["expr"]), target["expr"]


@each
def test_promtool_can_read_every_expression(dashboard, tmp_path):
    rules = [{"record": "x", "expr": grafana.put_in(dashboard, target["expr"])}
             for _, target in grafana.expressions(dashboard)]
    path = tmp_path / "rules.json"
    path.write_text(grafana.json.dumps({"groups": [{"name": "x", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", "--lint=none", path], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
