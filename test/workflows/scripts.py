"""What the scripts read and print, as the tests know it; a machine to run them on; and values that are
right, wrong and hostile."""

import dataclasses
import json
import re
import shutil

import pytest
import yaml

from support import ROOT, run, tool
from templates import DELETE, DELETE_EXPORTER, DEPLOY, DEPLOY_EXPORTER, WORKFLOWS


REQUIRED, EXTRA = object(), object()


@dataclasses.dataclass(frozen=True)
class Row:
    """A parameter: the variables that it comes from, a value that no other has, and its default."""

    parameter: str
    variables: str
    value: str
    default: object = REQUIRED
    # What the workflow takes in the place of a value.
    form: str = "%s"


# Sites' own settings of pods.
TAKEN = {
    "disktype=ssd,example.com/pool=hpc": 'nodeSelector: {"disktype": "ssd", "example.com/pool": "hpc"}',
    "a=b:NoSchedule,c.d/e:NoExecute": 'tolerations: [{"key": "a", "effect": "NoSchedule", "value": "b"}, '
    '{"key": "c.d/e", "effect": "NoExecute", "operator": "Exists"}]',
    "a.b/c=https://d/e,f=1": 'annotations: {"a.b/c": "https://d/e", "f": "1"}',
}
PODS = [
    Row(
        "image-pull-secrets",
        "ARKOUDA_IMAGE_PULL_SECRET",
        "a-registry",
        EXTRA,
        'imagePullSecrets: [{"name": "%s"}]',
    ),
    Row("node-selector", "ARKOUDA_NODE_SELECTOR", "disktype=ssd,example.com/pool=hpc", EXTRA),
    Row("tolerations", "ARKOUDA_TOLERATIONS", "a=b:NoSchedule,c.d/e:NoExecute", EXTRA),
    Row("priority-class", "ARKOUDA_PRIORITY_CLASS", "a-class", EXTRA, 'priorityClassName: "%s"'),
    Row("pod-annotations", "ARKOUDA_ANNOTATIONS", "a.b/c=https://d/e,f=1", EXTRA),
]

AOK = [
    Row("arkouda-namespace", "ARKOUDA_NAMESPACE", "a-namespace"),
    Row("arkouda-instance-name", "ARKOUDA_INSTANCE_NAME", "an-instance"),
    Row("arkouda-release-version", "ARKOUDA_VERSION", "v2024.12.06"),
    Row("arkouda-ssh-secret", "ARKOUDA_SSH_SECRET", "an.ssh-secret"),
    Row("arkouda-number-of-locales", "ARKOUDA_NUMBER_OF_LOCALES", "41"),
    Row("arkouda-total-number-of-locales", "ARKOUDA_TOTAL_NUMBER_OF_LOCALES", "42"),
    Row("kubernetes-api-url", "KUBERNETES_URL KUBERNETES_API", "https://[fd00::1]:6443/k8s/c-1"),
    Row("num-cpu-cores", "ARKOUDA_CPU_CORES", "1500m"),
    Row("memory", "ARKOUDA_MEMORY", "1.5Gi"),
    Row("chpl-mem-max", "CHPL_MEM_MAX", "1000000001"),
    Row("chpl-num-threads-per-locale", "CHPL_NUM_THREADS_PER_LOCALE", "7", "2"),
    Row("arkouda-serviceaccount-name", "ARKOUDA_SERVICEACCOUNT_NAME", "an-account", "arkouda"),
    Row(
        "arkouda-serviceaccount-token-name",
        "ARKOUDA_SERVICEACCOUNT_TOKEN_NAME",
        "a-token",
        "arkouda-token",
    ),
    Row("arkouda-user", "ARKOUDA_USER", "bearsrus", "ubuntu"),
    Row("arkouda-uid", "ARKOUDA_UID", "1009", "1000"),
    Row("arkouda-group", "ARKOUDA_GROUP", "bearsrus-arkouda-users", "ubuntu"),
    Row("arkouda-gid", "ARKOUDA_GID", "1019", "1000"),
    Row("arkouda-log-level", "ARKOUDA_LOG_LEVEL", "LogLevel.DEBUG", EXTRA),
    Row(
        "image-pull-policy",
        "ARKOUDA_IMAGE_POLICY ARKOUDA_IMAGE_PULL_POLICY",
        "Always",
        "IfNotPresent",
    ),
    Row("collect-metrics", "ARKOUDA_COLLECT_METRICS", "false", EXTRA),
    Row("metrics-polling-interval-seconds", "ARKOUDA_METRICS_POLLING_INTERVAL", "47", "15"),
    Row("metrics-service-host", "ARKOUDA_METRICS_SERVICE_HOST", "::1", "localhost"),
    Row("metrics-service-port", "ARKOUDA_METRICS_SERVICE_PORT", "6001", "5556"),
    Row("arkouda-server-name", "ARKOUDA_SERVER_NAME", "A_server", "arkouda-on-k8s"),
    Row("launcher", "ARKOUDA_LAUNCHER", "A.launcher", "kubernetes"),
    Row("service-monitor", "ARKOUDA_SERVICE_MONITOR", "true", EXTRA),
    Row(
        "prometheus-match-label",
        "ARKOUDA_PROMETHEUS_MATCH_LABEL",
        'example.com/on: "true"',
        "release: kube-stack",
    ),
    Row("exporter-app-name", "ARKOUDA_EXPORTER_APP_NAME", "0app", "arkouda-on-k8s-exporter"),
    Row(
        "exporter-service-name",
        "ARKOUDA_EXPORTER_SERVICE_NAME",
        "svc",
        "arkouda-on-k8s-metrics-exporter",
    ),
    Row("exporter-image", "ARKOUDA_EXPORTER_IMAGE", "registry:5000/exporter", EXTRA),
    Row("exporter-release-version", "ARKOUDA_EXPORTER_VERSION", "v1.2.3", EXTRA),
    Row("arkouda-image", "ARKOUDA_IMAGE", "registry:5000/arkouda", EXTRA),
    Row(
        "arkouda-volume",
        "ARKOUDA_VOLUME",
        "a-claim",
        EXTRA,
        'persistentVolumeClaim: {"claimName": "%s"}',
    ),
    Row("arkouda-volume-mount-path", "ARKOUDA_VOLUME_MOUNT_PATH", "/files", "/mnt/arkouda"),
    *PODS,
]
AOK_EXAMPLES = {
    "ARKOUDA_NAMESPACE": "arkouda",
    "ARKOUDA_INSTANCE_NAME": "arkouda-on-k8s",
    "ARKOUDA_VERSION": "v2024.06.21",
    "ARKOUDA_SSH_SECRET": "arkouda-ssh",
    "ARKOUDA_NUMBER_OF_LOCALES": "2",
    "ARKOUDA_TOTAL_NUMBER_OF_LOCALES": "3",
    "KUBERNETES_URL": "https://kubernetes.default.svc",
    "ARKOUDA_CPU_CORES": "2000m",
    "ARKOUDA_MEMORY": "2048Mi",
    "CHPL_MEM_MAX": "1000000000",
}
AOK_DELETION = [
    *AOK[:2],
    *(row for row in AOK if row.parameter in ("collect-metrics", "service-monitor")),
]
EXPORTER = [
    Row("exporter-image", "ARKOUDA_EXPORTER_IMAGE", "registry:5000/exporter", EXTRA),
    Row("exporter-release-version", "ARKOUDA_EXPORTER_VERSION", "v1.2.3", EXTRA),
    Row("arkouda-release-version", "ARKOUDA_VERSION", "v2024.12.06", "unknown"),
    Row("arkouda-namespace", "ARKOUDA_NAMESPACE", "a-namespace"),
    Row("exporter-app-name", "ARKOUDA_EXPORTER_APP_NAME", "0app"),
    Row("exporter-service-name", "ARKOUDA_EXPORTER_SERVICE_NAME", "a-service"),
    Row("exporter-polling-interval", "ARKOUDA_EXPORTER_POLLING_INTERVAL", "47", "15"),
    Row("arkouda-metrics-service-host", "ARKOUDA_METRICS_SERVICE_HOST", "fd00::2"),
    Row("arkouda-metrics-service-port", "ARKOUDA_METRICS_SERVICE_PORT", "6001", "5556"),
    Row("arkouda-server-name", "ARKOUDA_SERVER_NAME", "A_server"),
    Row("service-monitor", "ARKOUDA_SERVICE_MONITOR", "false", EXTRA),
    Row(
        "prometheus-match-label",
        "ARKOUDA_PROMETHEUS_MATCH_LABEL",
        "team: hpc",
        "release: kube-stack",
    ),
    Row("arkouda-launcher", "ARKOUDA_LAUNCHER", "A.launcher", "slurm"),
    *PODS,
]
EXPORTER_EXAMPLES = {
    "ARKOUDA_NAMESPACE": "arkouda",
    "ARKOUDA_EXPORTER_APP_NAME": "arkouda-on-slurm-exporter",
    "ARKOUDA_EXPORTER_SERVICE_NAME": "arkouda-on-slurm-exporter",
    "ARKOUDA_METRICS_SERVICE_HOST": "arkouda-metrics.arkouda",
    "ARKOUDA_SERVER_NAME": "arkouda-on-slurm",
}
EXPORTER_DELETION = [
    Row("arkouda-namespace", "ARKOUDA_EXPORTER_NAMESPACE ARKOUDA_NAMESPACE", "a-namespace"),
    Row("exporter-service-name", "ARKOUDA_EXPORTER_SERVICE_NAME", "a-service"),
    Row("exporter-app-name", "ARKOUDA_EXPORTER_APP_NAME", "0app"),
    Row("service-monitor", "ARKOUDA_SERVICE_MONITOR", "false", EXTRA),
]
EXPORTER_DELETION_EXAMPLES = {
    "ARKOUDA_EXPORTER_NAMESPACE": "arkouda",
    "ARKOUDA_EXPORTER_SERVICE_NAME": "arkouda-on-slurm-exporter",
    "ARKOUDA_EXPORTER_APP_NAME": "arkouda-on-slurm-exporter",
}


@dataclasses.dataclass(frozen=True)
class Script:
    name: str
    kind: str
    template: str
    rows: list
    examples: dict

    def __str__(self):
        return self.name


def variants(template, rows, examples, kinds=("Workflow",)):
    suffixes = {"Workflow": "command", "CronWorkflow": "cronworkflow"}
    return [Script(f"{template}-{suffixes[k]}.sh", k, template, rows, examples) for k in kinds]


BOTH = ("Workflow", "CronWorkflow")
SCRIPTS = [
    *variants(DEPLOY, AOK, AOK_EXAMPLES, BOTH),
    *variants(DELETE, AOK_DELETION, {k: AOK_EXAMPLES[k] for k in list(AOK_EXAMPLES)[:2]}, BOTH),
    *variants(DEPLOY_EXPORTER, EXPORTER, EXPORTER_EXAMPLES),
    *variants(DELETE_EXPORTER, EXPORTER_DELETION, EXPORTER_DELETION_EXAMPLES),
]
COMMANDS = [script for script in SCRIPTS if script.kind == "Workflow"]
CRONS = [script for script in SCRIPTS if script.kind == "CronWorkflow"]
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=str)


def values_of(script):
    """Each parameter's variable with a value that no other has."""
    return {row.variables.split()[0]: row.value for row in script.rows}


def expected(script, environment):
    """The object that the script should submit."""
    parameters = []
    for row in script.rows:
        values = [environment[v] for v in row.variables.split() if environment.get(v)]
        value = values[0] if values else row.default
        if value is EXTRA:
            continue
        if not values and row.default is not REQUIRED:
            value = value.replace("arkouda-on-k8s", environment.get("ARKOUDA_INSTANCE_NAME", ""))
        # A value that is an example of its own has what becomes of it in its row.
        taken = TAKEN.get(value, row.form % value if values and "%" in row.form else value)
        parameters.append({"name": row.parameter, "value": taken})
    [namespace] = [p["value"] for p in parameters if p["name"] == "arkouda-namespace"]
    spec = {
        "workflowTemplateRef": {"name": script.template},
        "arguments": {"parameters": parameters},
    }
    metadata = {"generateName": f"{script.template}-", "namespace": namespace}
    if script.kind == "CronWorkflow":
        metadata = {"name": script.template, "namespace": namespace}
        spec = {
            "schedules": ["0 7 * * *" if script.template == DEPLOY else "0 17 * * *"],
            "timezone": "America/New_York",
            "concurrencyPolicy": "Replace",
            "startingDeadlineSeconds": 300,
            "workflowSpec": spec,
        }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": script.kind,
        "metadata": metadata,
        "spec": spec,
    }


# --------------------------------------------------------------------------------- how they are run

# All that the scripts take from a system beside the shell.
PROGRAMS = ["cat", "grep", "mktemp", "od", "readlink", "rm", "sed", "sh", "ssh-keygen", "tr"]

# Stands in for argo and kubectl: knows the commands that it is told, and records what it is given. An
# argument that is a file counts as FILE. One that blocks takes no notice of INT and TERM, as argo 4.0.
FAKE = """#!/usr/bin/python3
import json, os, signal, stat, sys

with open(os.environ["FAKE_ANSWERS"]) as file:
    answers = json.load(file)
program, words, files = os.path.basename(sys.argv[0]), [], []
for word in sys.argv[1:]:
    path = word.split("=")[-1]
    if os.path.isfile(path):
        files.append({"path": path, "text": open(path).read(), "mode": os.stat(path).st_mode & 0o777})
        word = word.replace(path, "FILE")
    words.append(word)
command = " ".join([program, *words])
with open(os.environ["FAKE_CALLS"], "a") as file:
    print(json.dumps({"command": command, "files": files, "pid": os.getpid()}), file=file)
if command not in answers:
    sys.exit(f"the stand-in knows no {command!r}")
status, output = answers[command]
print(output, end="", flush=True)
if status == "blocks":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        signal.pause()
sys.exit(status)
"""


class Machine:
    """A PATH that has nothing but what scripts need and the programs that are installed on it."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        for name in PROGRAMS:
            self.install(name, shutil.which(name))
        self.environment = {"PATH": str(self.bin), "TMPDIR": str(self.temporary)}

    def install(self, name, path):
        (self.bin / name).symlink_to(path)

    def fake(self, answers, *programs):
        """Puts stand-ins on the PATH; answers are (status, output) by command."""
        (self.folder / "answers.json").write_text(json.dumps(answers))
        (self.folder / "fake").write_text(FAKE)
        (self.folder / "fake").chmod(0o755)
        for name in programs or {command.split()[0] for command in answers}:
            self.install(name, self.folder / "fake")
        self.environment["FAKE_ANSWERS"] = str(self.folder / "answers.json")
        self.environment["FAKE_CALLS"] = str(self.folder / "calls")

    def calls(self):
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def command(self, name, *arguments, shell="sh"):
        return [shutil.which(shell), WORKFLOWS / name, *arguments]

    def run(self, name, *arguments, environment=None, cwd="/", shell="sh"):
        command = self.command(name, *arguments, shell=shell)
        env = {**self.environment, **(environment or {})}
        return run(*command, check=False, env=env, cwd=cwd, timeout=60)

    def printed(self, script, environment, **kwargs):
        """The object of --dry-run."""
        done = self.run(script.name, "--dry-run", environment=environment, **kwargs)
        assert (done.returncode, done.stderr) == (0, "")
        return yaml.safe_load(done.stdout)

    def problems(self, script, environment, *arguments):
        """What a script that refuses its settings says, by variable."""
        done = self.run(script.name, *arguments, environment=environment)
        assert (done.returncode, done.stdout) == (2, "")
        head, *lines = done.stderr.splitlines()
        assert head.startswith(f"{script.name}: nothing was done")
        found = {}
        for line in lines:
            # What is wrong, what it is for, and an example.
            assert re.fullmatch(
                r"  [A-Z_]+( or [A-Z_]+)? "
                r"(is not set: .+ \((example|default): .+\)|must be .+: .+ \((example|default): .+\); got \"[ -~]*\".*)",
                line,
            ), line
            name = line.split()[0]
            assert name not in found
            found[name] = line.strip()
        return found


# -------------------------------------------------------------------------------------------- values

# What could break out of YAML, a shell or a template, or is read as something else.
HOSTILE = [
    'a"b',
    "a'b",
    "a\\b",
    "a: b",
    "a: 'b'",
    'a: "b" #',
    'a: "b\\"',
    "a: b: c",
    "a:b",
    "a\nb",
    "arkouda\n",
    "\narkouda",
    "1\n2",
    "https://example\n",
    "release: kube\nstack",
    "release: kube-stack\n",
    'x"\n        - name: arkouda-user\n          value: "root',
    "release: x\n  annotations: {a: b}",
    "a\rb",
    "a\tb",
    "a b",
    " a",
    "a ",
    " ",
    "-a",
    "--dry-run",
    "-n",
    "$(touch /tmp/arkouda-was-here)",
    "`touch /tmp/arkouda-was-here`",
    "${HOME}",
    "$HOME",
    "{{workflow.name}}",
    "{a: b}",
    "[a]",
    "&a",
    "*a",
    "*",
    "?",
    "!a",
    "|",
    "> a",
    "%a",
    "@a",
    "#a",
    "a #b",
    "a;b",
    "a|b",
    "a&b",
    "ä",
    "a\u2028b",
    "\x1b[31m",
    "\x7f",
    "../a",
    "true",
    "null",
    "~",
    "yes",
    "0123",
    "0x10",
    "1e3",
    "1_000",
    "-1",
    "+1",
    "1.5",
    "99999999999999999999999999999999",
    "release: true",
    "release: 1",
    "release: no",
    "release: ",
    "on: off",
    'release: ""',
    'release: "true"',
    "app.kubernetes.io/name: a",
    "a" * 47,
    "a" * 64,
    "a" * 254,
    "a" * 5000,
]

# The exporter's own table: a text with the host that it is, or with a word of the error that it is.
# At which a pod finds only itself.
ITSELF = ["::", "::1", "[::1]"]
HOSTS = json.loads((ROOT / "test" / "data" / "hosts.json").read_text())

# What the checks let through, and what they do not; AFTER has those that depend on what is taken before.
CHECKS = {
    "is_dns_label": (["a", "0", "a-b", "a" * 63], ["A", "a.b", "a_b", "-a", "a-", "a" * 64]),
    "is_service_name": (["a", "a-0", "a" * 63], ["0", "0a", "A", "a.b", "-a", "a-", "a" * 64]),
    "is_free_service_name": (["a", "a-0", "a" * 63], ["0a", "-metrics", "-server-ssh", "A", "a-"]),
    "is_instance_name": (["a", "a-0", "a" * 46], ["0a", "a.b", "a-", "a" * 47]),
    "is_object_name": (
        ["a", "0", "a.b", "a-b.c", "a" * 253],
        ["A", "a..b", ".a", "a.", "a-.b", "a.-b", "-a", "a_b", "a/b", "a" * 254],
    ),
    "is_label_value": (
        ["a", "A", "0", "a_b", "a.b", "a-b", "a..b", "a" * 63],
        ["-a", "a-", "_a", "a_", ".a", "a.", "a/b", "a:b", "a" * 64],
    ),
    "is_image_tag": (
        ["v2024.06.21", "latest", "0.1.0", "a_b-c", "a" * 63],
        ["-a", "a.", "_a", "a/b", "a:b", "a b", "a" * 64],
    ),
    "is_match_label": (  # and NOT_TEXT
        [
            "release: kube-stack",
            "a: b",
            'release: "true"',
            'release: "1"',
            "example.com/release: a",
            "1.5/a: b",
            "release: a.b",
            "release: nob",
            "app.kubernetes.io/release: a",
            f"{'k' * 63}: {'v' * 63}",
        ],
        [
            *("release", "release:", "release: ", "release:a", ": a", "release:  a", "release: a "),
            *("release: 1", "release: 0x1", "release: 1e3", "release: 2024-01-01", "release: -a"),
            *("release: true", "release: False", "release: NO", "release: y", "release: Null"),
            *("yes: a", "1: a", "/a: b", "a/: b", "A.b/c: d", "a/b/c: d", "release: a: b"),
            *("app.kubernetes.io/name: a", "app.kubernetes.io/instance: a", 'release: "'),
            *("app.kubernetes.io/version: a", "launcher: a", "arkouda_instance: a"),
            *("app.kubernetes.io/component: a", "app.kubernetes.io/part-of: a", 'release: "a'),
            *("app.kubernetes.io/managed-by: a", 'release: ""', 'release: "a"b"', "release: 'a'"),
            *(f"{'k' * 64}: v", f"k: {'v' * 64}", '"release": a'),
        ],
    ),
    "is_count": (["1", "2147483647"], ["0", "01", "-1", "+1", "1.0", "a", "2147483648", "9" * 30]),
    "is_bytes_of_memory": (["1", "9" * 18], ["0", "1Gi", "9" * 19]),
    "is_one_more_than_locales": (["1", "3", "2147483647"], ["0", "03", "2147483648"]),
    "is_uid": (["1", "1000", "4294967294"], ["0", "00", "4294967295", "root", "-1"]),
    "is_gid": (["1", "1000", "4294967294"], ["0", "00", "4294967295", "root", "-1"]),
    "is_port": (["1", "65535"], ["0", "65536", "http", "080"]),
    "is_free_port": (["1", "5556", "65535"], ["22", "5080", "5555", "0", "65536", "05556"]),
    "is_seconds": (["1", "86400"], ["0", "86401", "15s", "1.5"]),
    "is_cpu": (
        ["1", "0.5", "2000m", "1.25", "1.125", "0.001"],
        ["0", "0m", "1.5m", "1.1250", "0.0001", "m", "2Gi", ".5", "1.", "1.2.3", ""],
    ),
    "is_memory": (
        ["1", "2048Mi", "1.5Gi", "1k", "1E", "1Ei", "1Ki", "1M"],
        [
            "0",
            "0Mi",
            "2048m",
            "2 Gi",
            "2GB",
            "2gi",
            "2Ki2",
            "Mi",
            "i",
            "1ki",
            "1K",
            "1e3",
            "9" * 19,
        ],
    ),
    "is_image_without_tag": (
        [
            *("a", "a/b", "r:5000/a/b", "r:5000/a", "R.example/a", "a" * 255),
            *("localhost/a", "localhost:5000/a/b", "10.0.0.1:5000/a", "a/b_c-d.e"),
        ],
        [
            *("a/b:1", "a@sha256:00", "r:5000/a:1", "a/", "/a", "a:", "a//b", "a b", ":a", "-a"),
            *("a" * 256, "a/:b", "r:5000/a@b"),
            *("A", "A/b", "a/B", "r.example/A/b", "r:5000/a/B", "r:x/a", "r:0/a", "a/b:5000/c"),
            *("-r.example/a", "r..example/a", "r.example/", "r.example//a", "r.example/-a"),
        ],
    ),
    "is_host_elsewhere": (
        [row["text"] for row in HOSTS if "host" in row and row["text"] not in ITSELF],
        [*(row["text"] for row in HOSTS if "error" in row), *ITSELF, "localhost", "127.0.0.1"],
    ),
    "is_own_metrics_host": (
        ["localhost", "127.0.0.1", "::1", "[::1]", "a-metrics", "other.example"],
        ["", "a b", "::2", "-a", "localhost:5556", "http://localhost"],
    ),
    "is_url_of_cluster": (
        [
            *("http://a", "https://a.b:6443", "https://10.0.0.1:6443/", "https://a/b-c/d.e"),
            *("https://[::1]", "https://[::1]:6443/a", "https://kubernetes.default.svc"),
            *("https://a_b", "https://a.", "https://a.:6443/"),
        ],
        [
            *("", "a", "a.b:6443", "ftp://a", "https://", "https:///a", "https://a:", "https://:1"),
            *("https://a:0", "https://a:65536", "https://a:b", "https://a:1:2", "https://[::1"),
            *("https://::1", "https://[::1]:", "https://[a]", "https://[::1]a", "https://u@a"),
            *("https://a?b", "https://a#b", "https://a/b c", "https://a/'", "https://a/$(b)"),
            *("HTTPS://a", "https://[]", "https://[::1]]", "https://[[::1]]", "https://_a"),
            *("https://[::1]:1:1", "https://[::1]:1]:1", "http://a]", "http://a]:1", "http://[a"),
        ],
    ),
    "is_posix_name": (
        ["ubuntu", "_a", "A", "a.b-c_d", "rooted", "a" * 32],
        ["root", "0a", "-a", ".a", "a$", "a" * 33],
    ),
    "is_log_level": (
        ["LogLevel.INFO", "LogLevel.CRITICAL"],
        ["INFO", "LogLevel.", "LogLevel.info"],
    ),
    "is_pull_policy": (["Always", "IfNotPresent", "Never"], ["always", "IfNot", "*"]),
    "is_boolean": (["true", "false"], ["True", "yes", "1", "*"]),
    "is_pull_secret": (["a", "a.b", "0"], ["A", "a,b", "a/b", "-a"]),
    "is_priority_class": (["a", "a-b", "0.a"], ["A", "a,b", "a/b", "-a"]),
    "is_node_selector": (
        [
            "a=b",
            "a.b/c=D,e=f",
            "a=b,c=d,e=0",
            "node-role.kubernetes.io/worker=",
            "a=,b=c",
            "a=b,ab=b",
        ],
        [
            "a",
            "a=b,a=b",
            "a=b,c=d,a=",
            "=a",
            "a=b,",
            ",a=b",
            "a=b,,c=d",
            "a=b c",
            "a=b=c",
            "a/b/c=d",
            'a="b"',
            "A/b=c",
        ],
    ),
    "is_tolerations": (
        [
            *("a:NoSchedule", "a=b:NoExecute", "a.b/c=d:PreferNoSchedule,e:NoSchedule"),
            *("a=:NoExecute", "a=b:NoSchedule,a=b:NoExecute"),
        ],
        [
            "a",
            "a=b",
            ":NoSchedule",
            "a:noschedule",
            "a:NoSchedule,",
            "a:NoSchedule,a:NoSchedule",
            "a:b:NoExecute",
        ],
    ),
    "is_annotations": (
        ["a=b", "a.b/c=https://d:1/e,f=+1@g"],
        ["a", "a=", "=a", "a=b,", "a=b,a=c", "a=b=c", 'a="b"', "a={b}", "a=b\\c", "a b=c"],
    ),
    "is_volume": (["a-claim", "a.b", "/a", "/a/b.c"], ["A", "a/b", "/", "/a:b", "/a/../b", "//a"]),
    "is_mount_path": (
        [
            *("/a", "/mnt/arkouda", "/a/b.c_d-e/", "/home/projects", "/opt/data", "/var/data/"),
            *("/home/ubuntu2", "/opt/arkouda-files", "/users/ubuntu", "/etcetera", "/tmp/a"),
        ],
        [
            *("a", "/", "/a//b", "/a/..", "/a b", "/a:b"),
            *("/home", "/home/", "/home/ubuntu", "/home/ubuntu/files", "/opt", "/opt/arkouda/"),
            *("/opt/arkouda-launch", "/opt/sa", "/etc", "/usr/local/data", "/proc/1", "/dev/shm"),
        ],
    ),
}


# What YAML reads as something else, however it is written.
NOT_TEXT = [
    form(word)
    for word in ("y", "yes", "on", "true", "n", "no", "off", "false", "null")
    for form in (str, str.upper, str.capitalize)
]
CHECKS["is_match_label"][1].extend(f"release: {word}" for word in NOT_TEXT)
CHECKS["is_match_label"][1].extend(f"{word}: a" for word in NOT_TEXT)
CHECKS["is_match_label"][0].extend(f'release: "{word}"' for word in NOT_TEXT)


SERVICES = ["", "-metrics", "-server-ssh", "-server-headless", "-locale-ssh", "-locale-headless"]
AFTER = [
    ("is_one_more_than_locales", {"arkouda-number-of-locales": "2"}, ["3"], ["2", "4", "03", "x"]),
    ("is_uid", {"arkouda-user": "ubuntu"}, ["1000"], ["0", "999", "01000", "root"]),
    ("is_uid", {"arkouda-user": "ubuntu-x"}, ["1", "1009"], ["1000", "01009", "root"]),
    (
        "is_uid",
        {"arkouda-user": "a"},
        ["1", "1009", "4294967294"],
        ["0", "1000", "4294967295", "x:1000"],
    ),
    ("is_gid", {"arkouda-group": "ubuntu"}, ["1000"], ["0", "999", "01000", "root"]),
    ("is_gid", {"arkouda-group": "ubuntu-x"}, ["1", "1000", "1009"], ["0", "01000", "root"]),
    (
        "is_free_service_name",
        {"arkouda-instance-name": "ark"},
        ["ark-exporter", "ar", "arkm", "ark-metrics-2", "ark-server", "a-ark", "another-metrics"],
        ["0a", "ark-", *(f"ark{suffix}" for suffix in SERVICES)],
    ),
]
# The largest number of bytes that a pod's memory has room for, as Kubernetes reads it.
for memory, most in [
    ("2048Mi", 2147483648),
    ("2048M", 2048000000),
    ("1.5Gi", 1610612736),
    ("0.3Ki", 307),
    ("1.333333333333Gi", 1431655765),
    ("007k", 7000),
    ("1048576", 1048576),
    ("3Pi", 3377699720527872),
]:
    right, wrong = ["1", str(most - 1), str(most)], ["0", str(most + 1), f"0{most}", f"{most}0"]
    AFTER.append(("is_bytes_of_memory", {"memory": memory}, right, wrong))
for memory in ("1Ei", "1000P", "99999P"):
    AFTER.append(("is_bytes_of_memory", {"memory": memory}, ["1", "9" * 18], ["0", "9" * 19, "1k"]))
AFTER.append(
    (
        "is_mount_path",
        {"arkouda-user": "alice"},
        ["/home/projects", "/home/alice2", "/home/bob"],
        ["/home/alice", "/home/alice/files", "/home", "/home/ubuntu"],
    )
)
AFTER.append(
    (
        "is_own_metrics_host",
        {"arkouda-instance-name": "ark", "arkouda-namespace": "hpc"},
        [
            *("localhost", "127.0.0.1", "::1", "[::1]", "ark-metrics", "ark-metrics."),
            *("ark-metrics.hpc", "ark-metrics.hpc.", "ark-metrics.hpc.svc", "ark-metrics.hpc.svc."),
            *("ark-metrics.hpc.svc.cluster.local", "ark-metrics.hpc.svc.cluster.local."),
        ],
        [
            *("ark", "arkouda-metrics", "ark-metrics.other", "ark-metrics.hpc.example", "x"),
            *("ark-metrics.hpc.svc..", "ark-metrics..", "ark-exporter", "10.0.0.1", "::2", "-"),
            *("ark-metrics.hpc.svc.-", "localhost.example", "ark-metrics:5556", "Ark-metrics"),
        ],
    )
)
RULES = [(check, {}, *values) for check, values in CHECKS.items()] + AFTER
each_rule = pytest.mark.parametrize(
    ("check", "taken", "right", "wrong"),
    RULES,
    ids=["-".join([check, *taken.values()]) for check, taken, *_ in RULES],
)

# Where Kubernetes is, as kubectl cluster-info prints it: for a cluster on this machine, and for others.
ON_THIS_MACHINE = [
    *(
        "https://localhost:6443",
        "https://LocalHost",
        "http://localhost.:8080/",
        "https://a.localhost",
    ),
    *(
        "https://127.0.0.1:6443",
        "https://127.255.3.4",
        "https://0.0.0.0:6443",
        "https://[::1]:6443",
    ),
    *(
        "https://[0:0:0:0:0:0:0:1]",
        "https://[::0001]",
        "https://[::]:1",
        "https://[::ffff:127.0.0.1]",
    ),
    *(
        "https://[::ffff:7f00:1]",
        "https://[0:0:0:0:0:ffff:127.0.0.1]",
        "https://[0::0]",
        "https://localhost.localdomain:6443",
        "https://localhost4:6443",
        "https://localhost6.localdomain6:6443",
        "https://ip6-localhost:6443",
    ),
]
ELSEWHERE = [
    *("https://kubernetes.default.svc", "https://10.0.0.1:6443", "https://localhost.example.com"),
    *("https://[fd00::1]:6443", "https://128.0.0.1", "https://1.127.0.0", "https://[1::1]"),
    *("https://127.example.com", "https://[::ffff:10.0.0.1]", "https://[::1:1]", "https://127.0.0"),
    *("https://[::ffff:7eff:1]", "https://[1::ffff:7f00:1]", "https://[::ffff:7f00]"),
    *("https://localhost7", "https://localhost.local", "https://[::1:0]", "https://[::10]"),
]

# Settings that are right or wrong together: what is added to the examples, the variable that is refused
# then, and words that say why.
OF_EXPORTER = "ARKOUDA_EXPORTER_SERVICE_NAME"
OWN_SERVICE = "but not arkouda-on-k8s by itself or followed by -metrics, "
TOGETHER = [
    (
        {"ARKOUDA_UID": "1009"},
        "ARKOUDA_UID",
        "must be 1000, which the user ubuntu has in the image:",
    ),
    ({"ARKOUDA_USER": "a"}, "ARKOUDA_UID", "but not 1000, which the user ubuntu has in the image:"),
    ({"ARKOUDA_USER": "a", "ARKOUDA_UID": "1000"}, "ARKOUDA_UID", "but not 1000, which the user"),
    ({"ARKOUDA_USER": "a", "ARKOUDA_UID": "1009"}, None, None),
    ({"ARKOUDA_USER": "ubuntu", "ARKOUDA_UID": "1000"}, None, None),
    ({"ARKOUDA_USER": "0a"}, "ARKOUDA_USER", "must be"),
    ({"ARKOUDA_USER": "0a", "ARKOUDA_UID": "1009"}, "ARKOUDA_USER", "must be"),
    (
        {"ARKOUDA_GID": "1019"},
        "ARKOUDA_GID",
        "must be 1000, which the group ubuntu has in the image:",
    ),
    ({"ARKOUDA_GROUP": "a"}, None, None),
    ({"ARKOUDA_GROUP": "a", "ARKOUDA_GID": "1000"}, None, None),
    ({"ARKOUDA_GROUP": "a", "ARKOUDA_GID": "1019"}, None, None),
    ({"ARKOUDA_GROUP": "0a", "ARKOUDA_GID": "1019"}, "ARKOUDA_GROUP", "must be"),
    *(({OF_EXPORTER: f"arkouda-on-k8s{s}"}, OF_EXPORTER, OWN_SERVICE) for s in SERVICES),
    (
        {"ARKOUDA_INSTANCE_NAME": "b", OF_EXPORTER: "arkouda-on-k8s-metrics"},
        None,
        None,
    ),
    ({"ARKOUDA_UID": "0", "ARKOUDA_USER": "a"}, "ARKOUDA_UID", 'got "0": that is root\'s'),
    ({"ARKOUDA_GID": "0", "ARKOUDA_GROUP": "a"}, "ARKOUDA_GID", 'got "0": that is root\'s'),
    ({"ARKOUDA_USER": "a"}, "ARKOUDA_UID", 'got "1000", its default'),
    (
        {"CHPL_MEM_MAX": "2147483649"},
        "CHPL_MEM_MAX",
        "from 1 to 2147483648, which is ARKOUDA_MEMORY:",
    ),
    ({"CHPL_MEM_MAX": "2147483648"}, None, None),
    ({"CHPL_MEM_MAX": "2000000000", "ARKOUDA_MEMORY": "2G"}, None, None),
    ({"CHPL_MEM_MAX": "1000", "ARKOUDA_MEMORY": "1GB"}, "ARKOUDA_MEMORY", "1Gi, or 1G"),
    (
        {"ARKOUDA_METRICS_SERVICE_HOST": "arkouda-metrics"},
        "ARKOUDA_METRICS_SERVICE_HOST",
        "or arkouda-on-k8s-metrics, the Service that Arkouda registers, ",
    ),
    ({"ARKOUDA_METRICS_SERVICE_HOST": "arkouda-on-k8s-metrics"}, None, None),
    ({"ARKOUDA_METRICS_SERVICE_HOST": "arkouda-on-k8s-metrics.arkouda.svc"}, None, None),
    ({"ARKOUDA_NUMBER_OF_LOCALES": "9"}, "ARKOUDA_TOTAL_NUMBER_OF_LOCALES", "must be 10, which is"),
]


# What people write, and what a message says of it: the value as it is shown, and the slip.
LABEL = "ARKOUDA_PROMETHEUS_MATCH_LABEL"
SLIPS = [
    ("ARKOUDA_NAMESPACE", "arkouda\r", '"arkouda\\r": a line of a file with Windows line ends?'),
    ("ARKOUDA_NAMESPACE", "arkouda\n", '"arkouda\\n": it has a line break'),
    ("ARKOUDA_NAMESPACE", "ark\touda", '"ark\\touda": it has a control character'),
    ("ARKOUDA_NAMESPACE", "\x1b[31m", '"\\x1b[31m": it has a control character'),
    ("ARKOUDA_NAMESPACE", " arkouda", '" arkouda": it has a space before or after it'),
    ("ARKOUDA_NAMESPACE", "arkouda ", '"arkouda ": it has a space before or after it'),
    ("ARKOUDA_NAMESPACE", "ark ouda", '"ark ouda": it has a space'),
    ("ARKOUDA_NAMESPACE", '"arkouda"', '"\\"arkouda\\"": it has the quotes in it'),
    ("ARKOUDA_NAMESPACE", "'arkouda'", "\"'arkouda'\": it has the quotes in it"),
    (
        "ARKOUDA_NAMESPACE",
        "\u201carkouda\u201d",
        r'"\u201carkouda\u201d": it has curly quotes, as a word processor makes them',
    ),
    (
        "ARKOUDA_NAMESPACE",
        "arkouda\u2013hpc",
        r'"arkouda\u2013hpc": it has a dash for a hyphen, as a word processor makes it',
    ),
    (
        "ARKOUDA_NAMESPACE",
        "arkouda\u00a0hpc",
        r'"arkouda\u00a0hpc": it has a no-break space, as a web page has it',
    ),
    ("ARKOUDA_NAMESPACE", "b\xe4r", r'"b\u00e4r": it has a character that is not ASCII'),
    ("ARKOUDA_NAMESPACE", "\U0001f43b", r'"\U0001f43b": it has a character that is not ASCII'),
    # Latin-1, half a character, a surrogate and what is longer than it has to be: none of it is UTF-8.
    ("ARKOUDA_NAMESPACE", b"b\xe4r", r'"b\xe4r": it has a character that is not ASCII'),
    ("ARKOUDA_NAMESPACE", b"b\xe2\x80r", r'"b\xe2\x80r": it has a character that is not ASCII'),
    ("ARKOUDA_NAMESPACE", b"\xed\xa0\x80", r'"\xed\xa0\x80": it has a character that is not ASCII'),
    ("ARKOUDA_NAMESPACE", b"\xc0\xaf\xc3", r'"\xc0\xaf\xc3": it has a character that is not ASCII'),
    ("ARKOUDA_NAMESPACE", "100%s\\n", r'"100%s\\n": it has "%"'),
    ("ARKOUDA_NAMESPACE", "Arkouda", '"Arkouda": it has a capital letter, A'),
    ("ARKOUDA_NAMESPACE", "ark_ouda", '"ark_ouda": it has an underscore: a hyphen?'),
    ("ARKOUDA_NAMESPACE", "ark.ouda", '"ark.ouda": it has "."'),
    ("ARKOUDA_NAMESPACE", "-arkouda", '"-arkouda": it begins with "-"'),
    ("ARKOUDA_NAMESPACE", "arkouda-", '"arkouda-": it ends with "-"'),
    ("ARKOUDA_NAMESPACE", "$USER", '"$USER": a placeholder that was not replaced?'),
    ("ARKOUDA_NAMESPACE", "<namespace>", '"<namespace>": a placeholder that was not replaced?'),
    ("ARKOUDA_NAMESPACE", "a" * 64, f'"{"a" * 64}": it has 64 characters'),
    ("ARKOUDA_NAMESPACE", "a" * 5000, f'"{"a" * 100}"... (5000 bytes): it has 5000 characters'),
    ("ARKOUDA_INSTANCE_NAME", "2nd-arkouda", '"2nd-arkouda": it begins with "2"'),
    ("ARKOUDA_SSH_SECRET", "arkouda_ssh", '"arkouda_ssh": it has an underscore: a hyphen?'),
    ("ARKOUDA_SERVER_NAME", "ark/ouda", '"ark/ouda": it has "/"'),
    ("ARKOUDA_SERVER_NAME", "arkouda_", '"arkouda_": it ends with "_"'),
    ("ARKOUDA_USER", "1st", '"1st": it begins with "1"'),
    ("ARKOUDA_USER", "root", '"root"'),
    ("ARKOUDA_UID", "bearsrus", '"bearsrus": a name in place of its number?'),
    (
        "ARKOUDA_VERSION",
        "bearsrus/arkouda-udp-server:v1",
        '"bearsrus/arkouda-udp-server:v1": the tag alone, without the name of the image?',
    ),
    ("ARKOUDA_NUMBER_OF_LOCALES", "-2", '"-2": it is negative'),
    ("ARKOUDA_NUMBER_OF_LOCALES", "02", '"02": it begins with 0'),
    ("ARKOUDA_NUMBER_OF_LOCALES", "2.0", '"2.0": it has "."'),
    ("ARKOUDA_NUMBER_OF_LOCALES", "two", '"two": it has "t"'),
    ("ARKOUDA_CPU_CORES", "2,5", '"2,5": it has ","'),
    ("ARKOUDA_CPU_CORES", "2Gi", '"2Gi": it has "G"'),
    ("ARKOUDA_MEMORY", "2GB", '"2GB": 2Gi, or 2G, which is less?'),
    ("ARKOUDA_MEMORY", "2048MB", '"2048MB": 2048Mi, or 2048M, which is less?'),
    ("ARKOUDA_MEMORY", "2 GB", '"2 GB": 2Gi, or 2G, which is less?'),
    ("ARKOUDA_MEMORY", "1.5 GiB", '"1.5 GiB": 1.5Gi, or 1.5G, which is less?'),
    ("ARKOUDA_MEMORY", "2g", '"2g": 2Gi, or 2G, which is less?'),
    ("ARKOUDA_MEMORY", "2048m", '"2048m": 2048Mi, or 2048M, which is less?'),
    ("ARKOUDA_MEMORY", "512K", '"512K": 512Ki, or 512k, which is less?'),
    ("ARKOUDA_MEMORY", "2Gb/s", '"2Gb/s": it has "b"'),
    ("CHPL_MEM_MAX", "1Gi", '"1Gi": it has a unit: 1073741824?'),
    ("CHPL_MEM_MAX", "1GB", '"1GB": it has a unit'),
    ("ARKOUDA_METRICS_POLLING_INTERVAL", "15s", '"15s": it has a unit'),
    ("KUBERNETES_URL", "localhost:6443", '"localhost:6443": it does not begin with http'),
    ("KUBERNETES_URL", "https://a?b", '"https://a?b": it has "?"'),
    ("ARKOUDA_METRICS_SERVICE_HOST", "localhost:5556", '"localhost:5556": it has a port'),
    ("ARKOUDA_METRICS_SERVICE_HOST", "http://localhost", '"http://localhost": it begins as a URL'),
    ("ARKOUDA_EXPORTER_IMAGE", "https://r/exporter", '"https://r/exporter": it begins as a URL'),
    (
        "ARKOUDA_EXPORTER_IMAGE",
        "ghcr.io/Bears-R-Us/exporter",
        '"ghcr.io/Bears-R-Us/exporter": it has a capital letter, B',
    ),
    ("ARKOUDA_EXPORTER_VERSION", "sha256:0", '"sha256:0": a digest in place of a tag?'),
    ("ARKOUDA_COLLECT_METRICS", "True", '"True": true?'),
    ("ARKOUDA_COLLECT_METRICS", "no", '"no": false?'),
    ("ARKOUDA_IMAGE_POLICY", "ifnotpresent", '"ifnotpresent": IfNotPresent?'),
    ("ARKOUDA_LOG_LEVEL", "debug", '"debug": LogLevel.DEBUG?'),
    ("ARKOUDA_LOG_LEVEL", "LogLevel.Info", '"LogLevel.Info": LogLevel.INFO?'),
    ("ARKOUDA_NODE_SELECTOR", "a=b, c=d", '"a=b, c=d": it has a space'),
    ("ARKOUDA_NODE_SELECTOR", "a=b,", '"a=b,": it has a comma too many'),
    ("ARKOUDA_NODE_SELECTOR", "a=b,gpu", '"a=b,gpu": "gpu" has no ='),
    ("ARKOUDA_NODE_SELECTOR", "a=b,c=d,a=e", '"a=b,c=d,a=e": it has one of them twice'),
    ("ARKOUDA_NODE_SELECTOR", "a=b,-c=d", 'its key "-c" is not that of a label'),
    ("ARKOUDA_NODE_SELECTOR", "a=b/c", '"a=b/c": its value "b/c" is not that of a label'),
    (
        "ARKOUDA_TOLERATIONS",
        "a=b:noschedule",
        '"a=b:noschedule": "a=b:noschedule" does not end with one',
    ),
    ("ARKOUDA_TOLERATIONS", "b:NoExecute,a=b", '"b:NoExecute,a=b": "a=b" does not end with one'),
    ("ARKOUDA_TOLERATIONS", "a/b/c:NoExecute", 'its key "a/b/c" is not that of a taint'),
    ("ARKOUDA_TOLERATIONS", "a=b:c:NoExecute", 'its value "b:c" is not that of a taint'),
    ("ARKOUDA_ANNOTATIONS", "a=b;c", '"a=b;c": its value "b;c" is not that of an annotation'),
    ("ARKOUDA_VOLUME", "/mnt/our files", '"/mnt/our files": it has a space'),
    ("ARKOUDA_VOLUME", "our_files", '"our_files": it has an underscore: a hyphen?'),
    ("ARKOUDA_VOLUME_MOUNT_PATH", "mnt", '"mnt": it begins with "m"'),
    ("ARKOUDA_VOLUME_MOUNT_PATH", "/home", '"/home": the pods have something there'),
    (LABEL, "release=kube-stack", '"release=kube-stack": it has = in place of a colon and a space'),
    (LABEL, "release:kube-stack", '"release:kube-stack": it has no space after the colon'),
    (LABEL, "release : a", '"release : a": it has a space before the colon'),
    (LABEL, "release:  a", '"release:  a": it has more than one space after the colon'),
    (LABEL, "release: a: b", '"release: a: b": it has more than one colon'),
    (LABEL, "release:", '"release:": it has nothing after the colon'),
    (LABEL, "kube-stack", '"kube-stack": it has no colon'),
    (LABEL, "release: true", '"release: true": its value is not text in YAML: release: "true"?'),
    (LABEL, "release: a b", '"release: a b": its value "a b" is not that of a label'),
    (LABEL, "re lease: a", '"re lease: a": its key "re lease" is not that of a label'),
    (LABEL, "app.kubernetes.io/name: a", "or is one that the ServiceMonitor has"),
]


def verdicts(check, values, taken, shell=("sh",)):
    """What a check of settings.sh says of values: True, or the slip that it sees."""
    code = 'set -eu; . "$1"; check=$2; shift 2\n'
    code += "".join(f"{name.replace('-', '_')}={value}\n" for name, value in taken.items())
    code += 'for value in "$@"; do if "$check" "$value"; then echo yes; '
    code += 'else slip=$(slip_in "$check" "$value"); printf "no %s\\n" "$slip"; fi; done'
    done = run(*shell, "-c", code, "sh", WORKFLOWS / "settings.sh", check, *values)
    assert done.stderr == ""
    return [line == "yes" or line.removeprefix("no ") for line in done.stdout.splitlines()]


def real(machine, cluster, namespace, *programs):
    """Puts real programs on the machine's PATH, which find the cluster."""
    for name in programs:
        machine.install(name, tool(name))
    machine.environment["KUBECONFIG"] = str(cluster.kubeconfig)
    machine.environment["HOME"] = str(machine.folder)
    return {"ARKOUDA_NAMESPACE": namespace, "ARKOUDA_EXPORTER_NAMESPACE": namespace}


def only(cluster, kind):
    [found] = cluster.get(kind)
    return found
