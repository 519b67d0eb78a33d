"""The Grafana dashboard: every query of it against a real Prometheus with real exporters, and what
Grafana expects of the file.

    python3 -m pytest test/kubernetes/dashboard_test.py
"""

import itertools
import json
import re

import pytest
import yaml

import dashboard
from dashboard import Arkouda, View, chosen
from support import ROOT, await_that, run, tool

DASHBOARD = dashboard.load()
PANELS = list(dashboard.panels(DASHBOARD))
# Rows and texts have no data.
WITH_DATA = [panel for panel in PANELS if panel["type"] not in ("row", "text")]
QUERIES = dashboard.all_queries(DASHBOARD)
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}

FORMAT = "python3 -m json.tool --sort-keys --indent 2 --no-ensure-ascii {0} {0}"

GIB = 2**30
HOST_MEMORY = 256 * GIB  # of every locale of the development server
MEM_MAX = 64 * GIB

# Three targets: one as the Kubernetes Service labels it, one of a plain scrape configuration, and
# one whose Arkouda is silent from the start. The first has more of all than the top lists show. The
# other exporters each watch one server more, which is gone, one of them under the name of the first.
ALPHA = Arkouda(
    name="alpha",
    simulator=(
        *("--locales", "24", "--commands", "24", "--users", "12", "--seed", "3"),
        *("--mem-max", str(MEM_MAX)),
        *("--fault", "duplicates", "--fault", "unknown-category", "--fault", "wrong-types"),
        *("--fault-after", "5", "--fault-times", "20"),
    ),
    exporter=("--polling-interval=200ms", "--arkouda.server-name=arkouda-alpha"),
    labels=(("arkouda_instance", "alpha.1"), ("launcher", "kubernetes")),
)
PLAIN = Arkouda(
    name="plain",
    simulator=("--locales", "3", "--commands", "4", "--users", "2"),
    exporter=("--polling-interval=200ms",),
    others=((("arkouda_server_name", "arkouda-metrics"), ("slurm_job_id", "1")),),
)
SILENT = Arkouda(
    name="silent",
    simulator=None,
    exporter=("--polling-interval=200ms",),
    labels=(("arkouda_instance", "silent"), ("launcher", "slurm")),
    others=((("arkouda_server_name", "alice-4711"), ("slurm_job_id", "4711")),),
)

# Something for the annotation of alerts to show; the names of the real ones begin like this.
RULES = """
groups:
  - name: test
    rules:
      - alert: ArkoudaAnswers
        expr: arkouda_up >= 0
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """The three targets, after a restart of those that answer, with samples for every query."""
    with dashboard.watch(
        tmp_path_factory.mktemp("dashboard"), [ALPHA, PLAIN, SILENT], RULES
    ) as running:
        source = running.prometheus
        total = "arkouda_total_number_of_requests"

        def count(expression):
            return len(source.query(expression))

        await_that("both count requests", lambda: count(f"count_over_time({total}[1h]) >= 8") == 2)
        running.restart("alpha")
        running.restart("plain")
        await_that("both are seen restarted", lambda: count(f"resets({total}[1h]) > 0") == 2)
        await_that(
            "both count again",
            lambda: count(f"resets({total}[5s]) == 0 and rate({total}[5s]) > 0") == 2,
        )
        await_that(
            "entries are left out", lambda: count("arkouda_exporter_skipped_entries_total > 0") >= 3
        )
        await_that("errors are counted", lambda: count("arkouda_total_number_of_errors > 0") == 2)
        await_that("an alert fires for each", lambda: count('ALERTS{alertstate="firing"}') == 5)
        await_that("Prometheus scrapes itself", lambda: count('up{job="prometheus"} == 1') == 1)
        yield running


@pytest.fixture(scope="module")
def views(watched):
    """By name: everything, one instance, two, and a server whose target has no instance."""
    end = watched.now()
    choices = {
        "all": {},
        "instance": {"instance": chosen("alpha.1"), "server": chosen("arkouda-alpha")},
        "two": {"instance": chosen("alpha.1", "silent")},
        "plain": {"server": chosen("arkouda-metrics")},
    }
    return {name: View(end - 60, end, **choice) for name, choice in choices.items()}


def identity(something):
    return re.sub(r"\W+", "-", str(something))


each_query = pytest.mark.parametrize("query", QUERIES, ids=identity)


# What Prometheus says to the queries.


@pytest.mark.parametrize("view", ["all", "instance", "two", "plain"])
@each_query
def test_query_returns_series(query, view, views, watched):
    assert views[view].ask(watched.prometheus, query), views[view].fill_in(query.expression)


@each_query
def test_chosen_instance_shows_no_other_target(query, views, watched):
    series = views["instance"].ask(watched.prometheus, query)
    assert {one["metric"].get("instance", watched.addresses["alpha"]) for one in series} == {
        watched.addresses["alpha"]
    }
    assert {one["metric"].get("arkouda_instance", "alpha.1") for one in series} == {"alpha.1"}


@each_query
def test_all_shows_targets_without_an_instance_too(query, views, watched):
    """Where the series tell their targets, and unless it is a list of the largest, cut short."""
    series = views["all"].ask(watched.prometheus, query)
    targets = {one["metric"]["instance"] for one in series if "instance" in one["metric"]}
    if targets and "topk" not in query.expression:
        assert {watched.addresses["alpha"], watched.addresses["plain"]} <= targets
    assert targets <= set(watched.addresses.values()), "a target that is not an exporter"


@each_query
def test_top_lists_are_cut(query, views, watched):
    """The first Arkouda has more locales, commands and pairs of user and command than are shown."""
    limits = {int(limit) for limit in re.findall(r"topk\((\d+),", query.expression)}
    if limits:
        assert len(views["all"].ask(watched.prometheus, query)) == limits.pop()
        assert not limits


@each_query
def test_legend_names_labels_of_the_series(query, views, watched):
    """A label that no series has leaves a hole in the legend; only arkouda_instance may be missing
    from some."""
    series = views["all"].ask(watched.prometheus, query)
    for label in query.labels_in_legend():
        have_it = [label in one["metric"] for one in series]
        assert (
            any(have_it) if label == "arkouda_instance" else all(have_it)
        ), f"{label}: {series[0]['metric']}"


@each_query
def test_no_two_series_of_a_graph_have_the_same_name(query, views, watched):
    if not query.is_instant:
        names = [query.name_of(one) for one in views["all"].ask(watched.prometheus, query)]
        assert len(set(names)) == len(names), names


def query_of(title, ref="A"):
    return next(query for query in QUERIES if query.owner == title and query.ref == ref)


def value(series):
    return float(series["value"][1] if "value" in series else series["values"][-1][1])


def test_silent_arkouda_shows_as_silent(views, watched):
    silent = watched.addresses["silent"]
    (overall,) = views["all"].ask(watched.prometheus, query_of("Arkouda"))
    assert value(overall) == 0
    states = {
        (one["metric"]["instance"], one["metric"]["arkouda_server_name"]): value(one)
        for one in views["all"].ask(watched.prometheus, query_of("Servers"))
    }
    answers, unreachable = (number_of(state) for state in ("answers", "unreachable"))
    assert states == {
        (watched.addresses["alpha"], "arkouda-alpha"): answers,
        # Of two of one name the worse.
        (watched.addresses["plain"], "arkouda-metrics"): unreachable,
        (silent, "arkouda-metrics"): unreachable,
        (silent, "alice-4711"): unreachable,
    }
    # Also where its server is chosen, and its exporter beside it.
    for ref in ("A", "B"):
        shown = {
            one["metric"]["instance"]
            for one in views["plain"].ask(watched.prometheus, query_of("Answers", ref))
        }
        assert shown == {watched.addresses["plain"], silent}


def number_of(text):
    """The value that the panels call so."""
    (panel,) = [panel for panel in PANELS if panel["title"] == "Answers"]
    ((number,),) = [
        [value for value, shown in mapping["options"].items() if shown["text"] == text]
        for mapping in panel["fieldConfig"]["defaults"]["mappings"]
    ]
    return int(number)


def test_memory_is_a_share_of_what_the_locales_may_use(views, watched):
    """In percent, as Arkouda itself says; a locale may use less than its host has."""
    of_arkouda = {
        one["metric"]["instance"]: value(one)
        for one in watched.prometheus.query(
            "avg by (instance) (arkouda_pct_memory_used_per_locale)", time=views["all"].end
        )
    }
    shown = {
        one["metric"]["instance"]: value(one)
        for one in views["all"].ask(watched.prometheus, query_of("Servers", "G"))
    }
    assert shown == pytest.approx(of_arkouda, rel=1e-4)
    used, may_use = (
        sum(
            value(one)
            for one in views["all"].ask(watched.prometheus, query_of("Memory by server", ref))
        )
        for ref in ("A", "B")
    )
    assert may_use == pytest.approx(24 * MEM_MAX + 3 * HOST_MEMORY, rel=1e-4)
    # The servers go on between the last steps of the two queries.
    (overall,) = views["all"].ask(watched.prometheus, query_of("Memory used"))
    assert value(overall) == pytest.approx(used / may_use, rel=0.2)


def test_heat_map_has_ten_rows_that_hold_all_locales(views, watched):
    series = views["all"].ask(watched.prometheus, query_of("Locales by memory used"))
    assert [one["metric"]["percent"] for one in series] == [
        str(percent) for percent in range(0, 100, 10)
    ]
    # A step at which no server has answered yet counts none, one at which all have counts all.
    at = {}
    for time, number in itertools.chain.from_iterable(one["values"] for one in series):
        at[time] = at.get(time, 0) + float(number)
    assert max(at.values()) == 24 + 3


def test_restart_is_marked_once(views, watched):
    """An annotation of one step for each of the two restarts, however long the window is."""
    for series in views["all"].ask(watched.prometheus, query_of("Restarts of Arkouda", "Anno")):
        assert len(series["values"]) == 1, series


def test_time_since_the_restart_is_right(views, watched):
    (since,) = views["all"].ask(watched.prometheus, query_of("Since the last restart"))
    marks = views["all"].ask(watched.prometheus, query_of("Restarts of Arkouda", "Anno"))
    latest = max(float(series["values"][-1][0]) for series in marks)
    assert value(since) == pytest.approx(views["all"].end - latest, abs=2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("instance", ["alpha.1", "silent"]),
        ("server", ["alice-4711", "arkouda-alpha", "arkouda-metrics"]),
    ],
)
def test_variable_offers_its_values(name, expected, views, watched):
    assert views["all"].label_values(watched.prometheus, VARIABLES[name]["definition"]) == expected


def test_server_offers_those_of_the_chosen_instance(views, watched):
    definition = VARIABLES["server"]["definition"]
    assert views["instance"].label_values(watched.prometheus, definition) == ["arkouda-alpha"]


# The names that the queries use, as Prometheus' own parser finds them.


def selectors(source, expression):
    """The vector selectors of the expression."""

    def walk(node):
        if isinstance(node, list):
            for child in node:
                yield from walk(child)
        elif isinstance(node, dict):
            if node.get("type") in ("vectorSelector", "matrixSelector"):
                yield node
            for child in node.values():
                yield from walk(child)

    return list(walk(source.get("parse_query", query=expression)))


def families_of_arkouda():
    """The names in the exporter's table of families."""
    table = (ROOT / "exporter" / "metrics" / "family_table.cc").read_text()
    names = set(re.findall(r'{FamilyId::k\w+,\s*"(arkouda_\w+)"', table))
    assert len(names) == table.count("{FamilyId::k"), "the pattern misses a row of the table"
    return names


def families_in_readme():
    """The families of the README's tables, without process_*."""
    readme = (ROOT / "README.md").read_text()
    return set(re.findall(r"^\| `(arkouda_[a-z_]+)(?:{[a-z,]+})?` \|", readme, re.MULTILINE))


def used_families(source, views, query):
    """The families whose series the query selects; those of a histogram by the histogram's name."""
    names = {
        selector["name"] for selector in selectors(source, views["all"].fill_in(query.expression))
    }
    return {
        re.sub(r"_duration_seconds_(bucket|sum|count)$", "_duration_seconds", name)
        for name in names
    }


@each_query
def test_names_are_documented_families(query, views, watched):
    of_prometheus = {"up", "scrape_duration_seconds", "ALERTS"}
    of_process = {
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
    }
    documented = families_in_readme() | of_prometheus | of_process
    assert not used_families(watched.prometheus, views, query) - documented


def test_every_family_is_on_the_dashboard(views, watched):
    used = set().union(*(used_families(watched.prometheus, views, query) for query in QUERIES))
    assert not (families_of_arkouda() | families_in_readme()) - used


def test_every_query_follows_the_variables(views, watched):
    """All that is about a server is narrowed by both; what is about an exporter by the instance, and
    by the server through a join with what is narrowed by both. What is about a file is narrowed by the
    instance: a broken one may leave no server."""
    of_files = {
        "arkouda_exporter_targets_file_last_reload_successful",
        "arkouda_exporter_targets_file_last_reload_success_timestamp_seconds",
        "arkouda_exporter_web_config_last_reload_successful",
    }
    of_exporters = {
        "arkouda_exporter_build_info",
        "arkouda_exporter_targets",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "scrape_duration_seconds",
        "up",
    }
    both = {"arkouda_instance", "arkouda_server_name"}
    for query in QUERIES:
        joined = False
        expected_of = {}
        for selector in selectors(watched.prometheus, views["instance"].fill_in(query.expression)):
            narrowed_by = {
                matcher["name"] for matcher in selector["matchers"] if matcher["type"] == "=~"
            } - {"alertname"}
            if selector["name"] in of_files:
                assert narrowed_by == {"arkouda_instance"}, f"{query}: {selector}"
            elif selector["name"] in of_exporters:
                expected_of[selector["name"]] = narrowed_by
            else:
                assert narrowed_by == both, f"{query}: {selector}"
                joined = True
        for name, narrowed_by in expected_of.items():
            assert narrowed_by == {"arkouda_instance"} and joined, f"{query}: {name}"


def test_servers_of_one_exporter_are_told_apart():
    """Whatever keeps the instance keeps the server's name, unless it is about the exporter."""
    for query in QUERIES:
        for kept in re.findall(r"by \(([^)]*\binstance\b[^)]*)\)", query.expression):
            is_of_exporter = re.search(
                r"arkouda_exporter_(build_info|targets|web_config)|process_", query.expression
            )
            assert ("arkouda_server_name" in kept) != bool(is_of_exporter), query


def test_rates_can_be_taken_over_more_than_scrapes_need():
    """Polls can be further apart than scrapes: the default is Grafana's, the others hold some polls."""
    variable = VARIABLES["window"]
    offered = dict(text.split(" : ") for text in variable["query"].split(", "))
    assert list(offered.values()) == [option["value"] for option in variable["options"]]
    assert variable["current"]["value"] == list(offered.values())[0] == View(0, 60).window
    assert "30m" in offered.values()


def test_alerts_that_are_marked_are_those_of_the_rules():
    (query,) = [query for query in QUERIES if query.owner == "Alerts"]
    (pattern,) = re.findall(r'alertname=~"([^"]+)"', query.expression)
    rules = yaml.safe_load(
        (ROOT / "deploy" / "prometheus" / "rules" / "arkouda-rules.yaml").read_text()
    )
    alerts = [
        rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule
    ]
    assert alerts and all(re.fullmatch(pattern, alert) for alert in alerts), alerts


# The columns of the tables, which Grafana names after labels and queries.


TABLES = [panel for panel in PANELS if panel["type"] == "table"]


@pytest.mark.parametrize("panel", TABLES, ids=lambda panel: identity(panel["title"]))
def test_table_names_columns_that_it_has(panel, views, watched):
    queries = dashboard.panel_queries(panel)
    columns = {"Time"}
    for query in queries:
        columns.add(f"Value #{query.ref}" if len(queries) > 1 else "Value")
        for series in views["all"].ask(watched.prometheus, query):
            assert "__name__" not in series["metric"], f"{query}: lines can't be merged"
            columns |= set(series["metric"])
    organize = panel["transformations"][-1]["options"]
    shown = {
        organize["renameByName"].get(name, name)
        for name in columns - set(organize["excludeByName"])
    }
    assert set(organize["excludeByName"]) | set(organize["indexByName"]) == columns
    assert set(organize["renameByName"]) == set(organize["indexByName"])
    assert {
        override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]
    } <= shown
    assert {sort["displayName"] for sort in panel["options"]["sortBy"]} <= shown


# What Grafana expects of the file.


def test_file_is_in_the_order_and_form_that_grafana_exports():
    text = json.dumps(DASHBOARD, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    path = dashboard.PATH.relative_to(ROOT)
    assert dashboard.PATH.read_text() == text, f"{FORMAT.format(path)} mends it"


def test_file_can_be_provisioned():
    assert DASHBOARD["id"] is None
    assert DASHBOARD["uid"] == "arkouda"
    assert DASHBOARD["title"] == "Arkouda"
    assert DASHBOARD["schemaVersion"] >= 39  # Grafana 11
    assert not {"__inputs", "__requires", "__elements"} & set(
        DASHBOARD
    ), "exported to be shared, not to be provisioned"


def test_every_query_goes_to_the_chosen_data_source():
    expected = {"type": "prometheus", "uid": "${datasource}"}
    for panel in WITH_DATA:
        assert panel["datasource"] == expected, panel["title"]
        assert all(target["datasource"] == expected for target in panel["targets"]), panel["title"]
    for something in [*DASHBOARD["annotations"]["list"], *DASHBOARD["templating"]["list"]]:
        if not something.get("builtIn") and something.get("type") not in ("datasource", "custom"):
            assert something["datasource"] == expected, something["name"]
    assert (
        VARIABLES["datasource"]["type"] == "datasource"
        and VARIABLES["datasource"]["query"] == "prometheus"
    )


@pytest.mark.parametrize("name", ["instance", "server"])
def test_all_is_offered_and_matches_series_without_the_label(name):
    variable = VARIABLES[name]
    assert variable["includeAll"] and variable["multi"] and variable["allValue"] == dashboard.ALL
    assert variable["current"]["value"] == ["$__all"]
    assert variable["query"]["query"] == variable["definition"]


def test_ids_and_titles_are_unique():
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    titles = [panel["title"] for panel in WITH_DATA]
    assert len(set(titles)) == len(titles)
    for panel in WITH_DATA:
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs), panel["title"]


def test_panels_fill_the_grid_without_overlap():
    taken = {}
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["x"] + place["w"] <= 24, panel["title"]
        for cell in itertools.product(
            range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        ):
            assert cell not in taken, f"{panel['title']} lies on {taken[cell]}"
            taken[cell] = panel["title"]
    height = max(y for _, y in taken) + 1
    assert len(taken) == 24 * height, "there are holes"


@pytest.mark.parametrize("panel", WITH_DATA, ids=lambda panel: identity(panel["title"]))
def test_panel_says_what_it_shows(panel):
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert len(panel["description"]) > 10 and panel["description"].endswith(".")
    assert panel["targets"]


def test_rates_are_taken_over_the_chosen_time():
    for query in QUERIES:
        for window in re.findall(
            r"\b(?:rate|increase|irate)\([^\[]+\[([^\]]+)\]", query.expression
        ):
            assert window == "$window" or f"[{window}] @ end()" in query.expression, query


# What kustomize makes of it.


def test_config_map_is_what_the_sidecar_looks_for():
    text = run(tool("kustomize"), "build", dashboard.PATH.parent).stdout
    (config_map,) = yaml.safe_load_all(text)
    assert config_map["kind"] == "ConfigMap"
    assert config_map["metadata"] == {
        "name": "arkouda-dashboard",
        "labels": {"grafana_dashboard": "1"},
    }
    assert config_map["data"] == {"arkouda.json": dashboard.PATH.read_text()}
