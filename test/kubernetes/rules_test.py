"""The recording and alerting rules: what Prometheus' promtool says of them, and that their texts,
their runbook, their cases and the plain file beside them hang together."""

import json
import re
import shutil

import pytest
import yaml

from support import ROOT, run, tool
from variants import rendered

FOLDER = ROOT / "deploy" / "prometheus" / "rules"
SOURCE = FOLDER / "prometheusrule.yaml"
PLAIN = FOLDER / "arkouda-rules.yaml"
UPDATE = FOLDER / "update.sh"
RUNBOOK_URL = ROOT / "deploy" / "prometheus" / "runbook-url.sh"
RUNBOOK = ROOT / "docs" / "runbook.md"
CASES = sorted((ROOT / "test" / "kubernetes" / "rules").glob("*.yaml"))

GROUPS = yaml.safe_load(PLAIN.read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
ALERT_NAMES = sorted({rule["alert"] for rule in ALERTS})
RECORDED = sorted(rule["record"] for rule in RULES if "record" in rule)


def name_and_severity(rule):
    return f"{rule['alert']}-{rule['labels']['severity']}"


def names_in(expression):
    """What an expression reads: every name that is ours, Prometheus' own or a recording rule's."""
    without_strings = re.sub(r'"[^"]*"', "", expression)
    return set(re.findall(r"\b(?:up\b|arkouda_\w+|[a-z_]+:[\w:]+)", without_strings))


def label_names_in(expression):
    """The names in the lists of by, without, on and ignoring, and in matchers."""
    lists = re.findall(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)", expression)
    matchers = re.findall(r"(\w+) *=?[=!]~? *\"", expression)
    return set(re.findall(r"\w+", " ".join(lists))) | set(matchers)


def families_in_code():
    """Every name of that kind that the code has: the family table's and the exporter's own."""
    texts = [file.read_text() for file in (ROOT / "exporter").rglob("*.cc")]
    return set(re.findall(r"\b(arkouda_\w+)", "\n".join(texts)))


def families_in_readme():
    rows = re.findall(r"^\| `(arkouda_\w+)(?:{[^}]*})?` \|", (ROOT / "README.md").read_text(), re.M)
    return set(rows)


def cases():
    """What the cases say of alerts: pairs of an alert's name and the alerts expected."""
    for file in CASES:
        for test in yaml.safe_load(file.read_text())["tests"]:
            for case in test.get("alert_rule_test", []):
                yield case["alertname"], case["exp_alerts"]


def test_promtool_finds_nothing_to_criticise():
    run(tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", PLAIN)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_the_rules_do_what_the_cases_say(file):
    run(tool("promtool"), "test", "rules", file)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_the_cases_are_those_of_the_plain_file(file):
    [tested] = yaml.safe_load(file.read_text())["rule_files"]
    assert (file.parent / tested).resolve() == PLAIN


@pytest.fixture
def copy(tmp_path):
    """The source, the plain file and the script, in folders as they are here."""
    for file in (SOURCE, PLAIN, UPDATE):
        place = tmp_path / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    return tmp_path


def test_the_plain_file_is_what_the_source_gives():
    run("sh", UPDATE, "--check", cwd="/")
    source = yaml.safe_load(SOURCE.read_text())
    assert source["spec"]["groups"] == GROUPS


def test_a_change_of_the_source_is_told_and_carried_over(copy):
    source, plain, update = (copy / file.relative_to(ROOT) for file in (SOURCE, PLAIN, UPDATE))
    source.write_text(source.read_text().replace("> 0.8", "> 0.7"))
    before = plain.read_text()
    checked = run("sh", update, "--check", check=False)
    assert checked.returncode == 1
    assert "arkouda-rules.yaml is not what deploy/prometheus/rules/" in checked.stderr
    assert plain.read_text() == before, "--check only looks"
    run("sh", update)
    assert plain.read_text() == before.replace("> 0.8", "> 0.7")
    run("sh", update, "--check")


def test_a_plain_file_that_is_missing_is_told(copy):
    (copy / PLAIN.relative_to(ROOT)).unlink()
    assert run("sh", copy / UPDATE.relative_to(ROOT), "--check", check=False).returncode == 1


def test_the_script_refuses_what_it_does_not_know(copy):
    assert run("sh", copy / UPDATE.relative_to(ROOT), "--chekc", check=False).returncode == 2


@pytest.mark.parametrize("rule", ALERTS, ids=name_and_severity)
def test_an_alert_says_how_bad_it_is_what_it_means_and_where_to_read_on(rule):
    assert rule["alert"].startswith("Arkouda")
    assert rule["labels"] == {"severity": rule["labels"]["severity"]}
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    texts = rule["annotations"]
    assert set(texts) == {"summary", "description"}
    assert "$labels." in texts["summary"], "the summary names the Arkouda"
    assert "Look first at" in texts["description"]


@pytest.mark.parametrize("rule", ALERTS, ids=name_and_severity)
def test_an_alert_of_a_server_names_it_as_well_as_its_instance(rule):
    """One exporter can watch several servers, and several exporters one of the same name."""
    if not rule["alert"].startswith("ArkoudaExporter"):
        summary = rule["annotations"]["summary"]
        assert "{{ $labels.arkouda_server_name }} ({{ or $labels.arkouda_instance" in summary


# The runbook's address.

PAGE = "https://wiki.example.com/arkouda/runbook.md?version=1&raw"


def with_runbook_url(rules, *addresses, check=True):
    return run("sh", RUNBOOK_URL, *addresses, stdin=rules, check=check)


@pytest.mark.parametrize("form", ["plain", "source", "rendered"])
def test_one_command_gives_every_alert_a_link_to_its_section_of_the_runbook(form):
    rules = {
        "plain": PLAIN.read_text,
        "source": SOURCE.read_text,
        "rendered": lambda: rendered("deploy/prometheus/rules"),
    }[form]()
    assert "runbook_url" not in rules, "there is none where no address is set"
    # Not what YAML reads: there an alias and its anchor are one object.
    linked = json.loads(json.dumps(yaml.safe_load(with_runbook_url(rules, PAGE).stdout)))
    groups = (linked.get("spec") or linked)["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert len(alerts) == len(ALERTS)
    anchors = {name.lower() for name in ALERT_NAMES}
    for alert in alerts:
        page, _, anchor = alert["annotations"].pop("runbook_url").rpartition("#")
        assert (page, anchor) == (PAGE, alert["alert"].lower())
        assert anchor in anchors
    assert groups == GROUPS, "nothing else is changed"


def test_an_address_takes_the_place_of_an_earlier_one(tmp_path):
    first = with_runbook_url(PLAIN.read_text(), "https://old.example.com/").stdout
    again = with_runbook_url(first, PAGE).stdout
    assert again == with_runbook_url(PLAIN.read_text(), PAGE).stdout
    (tmp_path / "rules.yaml").write_text(again)
    run(tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", tmp_path / "rules.yaml")


@pytest.mark.parametrize(
    "addresses",
    [(), ("docs/runbook.md",), ("https://a b",), ('https://a"b',), ("https://a#b",), (PAGE, PAGE)],
)
def test_what_is_no_address_is_refused(addresses):
    assert with_runbook_url(PLAIN.read_text(), *addresses, check=False).returncode == 2


def test_rules_without_an_alert_are_told():
    assert with_runbook_url("groups: []", PAGE, check=False).returncode == 1


# The runbook itself.


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert():
    sections = re.findall(r"^## (Arkouda\w+)$", RUNBOOK.read_text(), re.M)
    assert sorted(sections) == ALERT_NAMES


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_a_section_of_the_runbook_answers_the_same_questions(name):
    section = RUNBOOK.read_text().split(f"\n## {name}\n")[1].split("\n## ")[0]
    questions = re.findall(r"^\| ([a-z ]+) \|", section, re.M)
    assert questions == ["means", "users notice", "look first", "mend", "silence"]
    [look_first] = re.findall(r"^\| look first \| (.*) \|$", section, re.M)
    assert re.findall(r"(?:^| )(\d)\. ", look_first) == ["1", "2", "3"]


@pytest.mark.parametrize("rule", ALERTS, ids=name_and_severity)
def test_an_alert_has_a_case_that_fires_and_one_that_does_not(rule):
    expected = [alerts for name, alerts in cases() if name == rule["alert"]]
    severities = {alert["exp_labels"]["severity"] for alerts in expected for alert in alerts}
    assert rule["labels"]["severity"] in severities
    assert [] in expected


def test_no_case_is_of_an_alert_that_does_not_exist():
    """promtool would take an alert of an unknown name as one that does not fire."""
    assert {name for name, _ in cases()} <= set(ALERT_NAMES)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_rule_is_named_by_level_metric_and_operations(name):
    level, metric, operations = name.split(":")
    assert re.fullmatch(r"instance(_command|_locale|_state)?", level)
    assert metric.startswith("arkouda_")
    assert re.fullmatch(
        r"current|intervals|rate30m|ratio|ratio_rate30m|mean30m|mean1d_offset1h", operations
    )


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_rule_has_values_in_a_case(name):
    values = [
        case["exp_samples"]
        for file in CASES
        for test in yaml.safe_load(file.read_text())["tests"]
        for case in test.get("promql_expr_test", [])
        if case["expr"].split("{")[0] == name
    ]
    assert any(values)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert", rule.get("record")))
def test_a_rule_reads_families_that_exist(rule):
    read = names_in(rule["expr"]) - label_names_in(rule["expr"])
    assert read, rule["expr"]
    families = families_in_readme() & families_in_code()
    assert read <= families | {"up"} | set(RECORDED)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert", rule.get("record")))
def test_no_range_assumes_an_interval(rule):
    """Scrapes are up to 5 minutes apart and polls up to 10: a range must have a scrape in it, and one
    whose movement counts two polls and a scrape. corners_test.py shows that this is enough."""
    for function, minutes in re.findall(r"(\w+)\(\w+\[(\d+)m\]", rule["expr"]):
        assert int(minutes) > 5, function
        if function in ("rate", "increase", "changes", "predict_linear"):
            assert int(minutes) > 25, function
    if "alert" in rule and rule["labels"]["severity"] == "critical":
        assert "for" in rule


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["name"])
def test_a_rule_reads_what_its_own_group_recorded_before(group):
    """Groups are evaluated at times of their own, so that another's record may be of an older page."""
    recorded = set()
    for rule in group["rules"]:
        own = {rule.get("record")}  # what it recorded the last time
        assert names_in(rule["expr"]) & set(RECORDED) <= recorded | own, rule
        recorded |= own


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert", rule.get("record")))
def test_the_labels_that_a_site_adds_do_not_matter(rule):
    """Labels are left out by name, as `without` and `ignoring` do, and not kept by name. Only what can't
    have the same labels is joined by those that say which target it is, and only an exporter that has
    gone is known by its group."""
    assert set(re.findall(r"\bon \(([^)]*)\)", rule["expr"])) <= {"job, instance"}
    kept = set(re.findall(r"\bby \(([^)]*)\)", rule["expr"]))
    of_absent = {"job, namespace, arkouda_instance"}
    assert kept == (of_absent if rule.get("alert") == "ArkoudaExporterAbsent" else set())


def test_the_runbook_reads_families_that_exist():
    known = families_in_readme() | {"arkouda_server"} | set(RECORDED)
    labels = {"arkouda_server_name", "arkouda_instance"}
    for code in re.findall(r"`([^`]*)`", RUNBOOK.read_text()):
        assert names_in(code) - label_names_in(code) - labels - {"up"} <= known, code


def test_the_rules_find_the_exporter_by_the_job_names_that_the_repository_gives():
    [down] = [rule for rule in ALERTS if rule["alert"] == "ArkoudaExporterDown"]
    [jobs] = re.findall(r'job=~"([^"]*)"', down["expr"])
    in_readme = re.findall(r"^ *- job_name: (\S+)$", (ROOT / "README.md").read_text(), re.M)
    service = yaml.safe_load((ROOT / "deploy/kubernetes/base/service.yaml").read_text())
    monitor = yaml.safe_load((ROOT / "servicemonitor/servicemonitor.yaml").read_text())
    in_operator = service["metadata"]["labels"][monitor["spec"]["jobLabel"]]
    assert set(jobs.split("|")) == {*in_readme, in_operator}
