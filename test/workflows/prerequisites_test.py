"""What reports the prerequisites and makes the SSH Secret, at a real API server."""

import contextlib
import hashlib
import http.server
import json
import re
import shutil
import threading
import urllib.error
import urllib.request

import pytest
import yaml

import images
from scripts import real
from support import ROOT, await_that, free_port, not_tested, process, run
from templates import DELETE, WORKFLOWS

PREREQUISITES = {"ARKOUDA_SSH_SECRET": "an-ssh-secret"}
OF_ARKOUDA = [
    "ServiceAccount arkouda",
    "Secret arkouda-token",
    "Secret an-ssh-secret",
    "kubernetes",
]


@pytest.fixture
def namespace(cluster, namespace):
    yield namespace
    # Those of all namespaces are looked at.
    cluster.kubectl("delete", "prometheuses", "--all", "--all-namespaces")
    cluster.kubectl("delete", "deployments", "--all")


def report(machine, environment, *arguments):
    """The status of check-prerequisites.sh, and its lines as (state, what)."""
    done = machine.run("check-prerequisites.sh", *arguments, environment=environment)
    assert done.stderr == ""
    lines = [re.fullmatch(r"(ok|missing|unknown) +(.+)", line) for line in done.stdout.splitlines()]
    return done.returncode, [(line[1], line[2]) for line in lines]


def states(lines, state):
    return [what for found, what in lines if found == state]


def add_prometheus(cluster, name="k8s", monitors=None, namespaces=None):
    spec = {"serviceMonitorSelector": monitors, "serviceMonitorNamespaceSelector": namespaces}
    manifest = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": {"name": name},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def add_controller(cluster, name="a-release-argo-workflows-workflow-controller", runs=True):
    """A Deployment as of Argo's workflow controller, which here is a process; perhaps with a pod that is
    ready."""
    pod = {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "controller",
                    "image": images.pause(),
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": pod},
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    if runs:
        available = ["--for=jsonpath={.status.availableReplicas}=1", "--timeout=30s"]
        cluster.kubectl("wait", "deployment", name, *available)


def test_each_command_of_the_report_mends_what_is_missing(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    environment["ARKOUDA_EXPORTER_VERSION"] = "0.0.0"  # which no node has
    add_prometheus(cluster, monitors={"matchLabels": {"release": "kube-stack"}}, namespaces={})
    add_controller(cluster)
    status, lines = report(machine, environment)
    assert status == 1
    missing = states(lines, "missing")
    assert len(missing) == 3 + 4 + 3
    # Nothing to ask with is on the machine, which is no reason to fail.
    [image] = states(lines, "unknown")
    assert image.startswith("image docker.io/bearsrus/prometheus-arkouda-exporter:0.0.0: neither ")
    while missing:
        first = missing[0]
        command = first.split(": ", 1)[1]
        run("sh", "-c", command, env={**machine.environment, **environment})
        status, lines = report(machine, environment)
        # That one mends others, too.
        missing = states(lines, "missing")
        assert first not in missing
    assert status == 0
    assert len(lines) == 20


def test_accounts_and_secrets_may_have_other_names(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    environment["ARKOUDA_SERVICEACCOUNT_NAME"] = "an-account"
    environment["ARKOUDA_SERVICEACCOUNT_TOKEN_NAME"] = "arkouda"
    [account, token] = [
        line
        for line in states(report(machine, environment)[1], "missing")
        if "an-account" in line.split(": ")[0]
    ]
    run("sh", "-c", account.split(": ", 1)[1], env={**machine.environment, **environment})
    names = [line.split(": ")[0] for line in states(report(machine, environment)[1], "ok")]
    assert "ServiceAccount an-account" in names
    assert "Secret arkouda with the token of an-account" in names


def test_what_is_there_but_not_as_it_must_be_is_missing(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    cluster.kubectl("create", "serviceaccount", "arkouda")
    for name in ("arkouda-token", "an-ssh-secret"):
        cluster.kubectl("create", "secret", "generic", name, "--from-literal=id_rsa=x")
    _, lines = report(machine, environment)
    wrong = [line for line in states(lines, "missing") if re.match("Secret|ServiceAccount a", line)]
    [account, token, ssh] = [line for line in wrong if "arkouda-workflows" not in line]
    assert "automountServiceAccountToken: false: kubectl patch" in account
    assert token.split(": ", 1)[1].startswith("kubectl delete secret arkouda-token")
    assert ssh.split(": ", 1)[1].startswith("kubectl delete secret an-ssh-secret")
    for line in (account, token, ssh):
        command = re.split(": (?=kubectl)", line)[1]
        run("sh", "-c", command, env={**machine.environment, **environment})
    names = states(report(machine, environment)[1], "ok")
    for name in OF_ARKOUDA[:3]:
        assert [line for line in names if line.startswith(name)], name


def test_what_is_there_but_not_as_this_folder_has_it_is_missing(machine, cluster, argo, namespace):
    """After an upgrade of this folder."""
    argo.install()
    machine.install("diff", shutil.which("diff"))
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    # Headers are those of the usual diff, whatever else there is.
    environment["KUBECTL_EXTERNAL_DIFF"] = "false"
    _, lines = report(machine, environment)
    assert [line for line in lines if "WorkflowTemplate" in line[1] and line[0] != "ok"] == []
    remove = ["--type=json", "-p", '[{"op": "remove", "path": "/rules/0"}]']
    cluster.kubectl("patch", "role", "arkouda-workflows-role", *remove)
    # What is missing altogether is not all that is told of a file.
    cluster.kubectl("delete", "rolebinding", "arkouda-workflows-rolebinding")
    change = ["--type=merge", "-p", '{"spec": {"activeDeadlineSeconds": 7}}']
    cluster.kubectl("patch", "workflowtemplate", DELETE, *change)

    def of_this_folder():
        names = "WorkflowTemplate|Role|ServiceAccount arkouda-workflows"
        return [line for line in report(machine, environment)[1] if re.match(names, line[1])]

    file = "arkouda-workflows-service-account.yaml"
    role, binding = "arkouda-workflows-role", "arkouda-workflows-rolebinding"
    apply = f"kubectl apply -n {namespace} -f '{WORKFLOWS}"
    found = of_this_folder()
    assert states(found, "missing") == [
        f"Role {role} as it is in this folder: {apply}/{file}'",
        f"RoleBinding {binding}: {apply}/{file}'",
        f"WorkflowTemplate {DELETE} as it is in this folder: {apply}/{DELETE}-workflow-template.yaml'",
    ]
    assert len(found) == 3 + 4
    for line in states(found, "missing"):
        command = line.split(": ", 1)[1]
        run("sh", "-c", command, env={**machine.environment, **environment})
    assert {state for state, _ in of_this_folder()} == {"ok"}


def test_what_may_not_be_compared_is_left_as_it_is(machine, cluster, argo, namespace):
    """To compare takes the right to apply, and diff: neither makes a report of what can be read fail."""
    argo.install()
    change = ["--type=merge", "-p", '{"spec": {"activeDeadlineSeconds": 7}}']
    cluster.kubectl("patch", "workflowtemplate", DELETE, *change)
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    assert f"WorkflowTemplate {DELETE}" in states(report(machine, environment)[1], "ok")
    machine.install("diff", shutil.which("diff"))
    assert f"WorkflowTemplate {DELETE}" not in states(report(machine, environment)[1], "ok")

    role = ["role", "reader", "--verb=get", "--resource=workflowtemplates.argoproj.io"]
    cluster.kubectl("create", *role)
    cluster.kubectl("create", "serviceaccount", "reader")
    binding = ["rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:reader"]
    cluster.kubectl("create", *binding)
    token = cluster.kubectl("create", "token", "reader").stdout.strip()
    configuration = yaml.safe_load(cluster.kubeconfig.read_text())
    configuration["users"][0]["user"] = {"token": token}
    path = machine.folder / "reader.kubeconfig"
    path.write_text(yaml.safe_dump(configuration))
    machine.environment["KUBECONFIG"] = str(path)
    _, lines = report(machine, environment)
    assert f"WorkflowTemplate {DELETE}" in states(lines, "ok")
    # Nor may this one ask for Deployments.
    [controller] = [line for line in lines if line[1].startswith("running workflow controller: ")]
    assert controller[0] == "unknown" and "deployments.apps is forbidden" in controller[1]


def test_a_workflow_controller_has_to_run(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}

    def line():
        what = "running workflow controller: "
        [found] = [x for x in report(machine, environment)[1] if x[1].startswith(what)]
        return found[0], found[1].removeprefix(what)

    add_controller(cluster, "another-controller")
    state, command = line()
    assert state == "missing" and "releases/latest/download/install.yaml" in command
    name = "a-workflow-controller"
    add_controller(cluster, name, runs=False)
    assert line() == ("missing", f"kubectl rollout status deployment {name} -n {namespace}")
    cluster.kubectl("scale", "deployment", name, "--replicas=0")
    state, command = line()
    assert (state, command) == (
        "missing",
        f"kubectl scale deployment {name} -n {namespace} --replicas=1",
    )
    run("sh", "-c", command, env={**machine.environment, **environment})
    assert cluster.get("deployment", name)["spec"]["replicas"] == 1
    add_controller(cluster)
    release = "a-release-argo-workflows-workflow-controller"
    assert line() == ("ok", f"{release} in {namespace}")


@pytest.mark.parametrize(("value", "asked"), [("false", False), ("true", True), ("", True)])
def test_without_an_exporter_no_operator_is_needed(value, asked, machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    environment["ARKOUDA_COLLECT_METRICS"] = value
    _, lines = report(machine, environment)
    assert len(lines) == (20 if asked else 16)
    assert ("monitoring.coreos.com" in str(lines)) == ("Prometheus that" in str(lines)) == asked
    # The exporter alone is not without.
    _, lines = report(machine, environment, "--exporter-only")
    assert "monitoring.coreos.com" in str(lines) and "Prometheus that" in str(lines)


@pytest.mark.parametrize("option", [None, "--exporter-only"])
def test_without_a_service_monitor_no_operator_is_needed(option, machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    environment["ARKOUDA_SERVICE_MONITOR"] = "false"
    _, lines = report(machine, environment, *([option] if option else []))
    assert "monitoring.coreos.com" not in str(lines) and "Prometheus that" not in str(lines)
    assert "prometheus-arkouda-exporter:0.1.0" in str(lines)


def test_the_exporter_alone_needs_less(machine, cluster, namespace):
    environment = real(machine, cluster, namespace, "kubectl")
    _, lines = report(machine, environment, "--exporter-only")
    text = str(lines)
    assert "workflow-template" in text and "ssh" not in text and "on-kubernetes" not in text
    assert "'ServiceAccount arkouda" not in text


@pytest.mark.parametrize(
    ("monitors", "namespaces", "takes"),
    [
        ({}, {}, True),
        (None, {}, "edit"),
        ({}, None, True),
        ({"matchLabels": {"release": "kube-stack"}}, {}, True),
        ({"matchLabels": {"release": "other"}}, {}, "export"),
        ({"matchLabels": {"release": "true"}}, {}, "export"),
        ({"matchLabels": {"release": "kube-stack", "team": "a"}}, {}, "export"),
        ({"matchLabels": {"app.kubernetes.io/part-of": "arkouda"}}, {}, True),
        ({"matchLabels": {"app.kubernetes.io/part-of": "other"}}, {}, "edit"),
        ({"matchExpressions": [{"key": "release", "operator": "Exists"}]}, {}, True),
        ({"matchExpressions": [{"key": "release", "operator": "DoesNotExist"}]}, {}, "edit"),
        (
            {
                "matchExpressions": [
                    {"key": "release", "operator": "In", "values": ["a", "kube-stack"]}
                ]
            },
            {},
            True,
        ),
        (
            {
                "matchExpressions": [
                    {"key": "release", "operator": "NotIn", "values": ["kube-stack"]}
                ]
            },
            {},
            "edit",
        ),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {}, True),
        ({}, {"matchLabels": {"watched": "yes"}}, "kubectl label"),
        ({}, {"matchLabels": {"kubernetes.io/metadata.name": "other"}}, "edit"),
        (
            {},
            {
                "matchExpressions": [
                    {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "In",
                        "values": ["THIS", "b"],
                    }
                ]
            },
            True,
        ),
    ],
)
def test_whether_a_prometheus_takes_the_service_monitor(
    monitors, namespaces, takes, machine, cluster, namespace
):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    namespaces = json.loads(json.dumps(namespaces).replace("THIS", namespace))
    add_prometheus(cluster, monitors=monitors, namespaces=namespaces)

    def line():
        lines = report(machine, environment)[1]
        return [found for found in lines if found[1].startswith("Prometheus that takes")][0]

    state, text = line()
    if takes is True:
        assert state == "ok" and text.endswith(f": k8s in {namespace}")
        return
    assert state == "missing"
    command = text.split(f"in namespace {namespace}: ")[1]
    assert takes in command
    if takes == "export":
        value = re.fullmatch("export ARKOUDA_PROMETHEUS_MATCH_LABEL='(.*)'", command)[1]
        environment["ARKOUDA_PROMETHEUS_MATCH_LABEL"] = value
        assert line()[0] == ("missing" if len(monitors["matchLabels"]) > 1 else "ok")
    if takes == "kubectl label":
        run("sh", "-c", command, env={**machine.environment, **environment})
        assert line()[0] == "ok"


def test_one_prometheus_of_several_is_enough(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    for name, release in (("a", "x"), ("b", "kube-stack"), ("c", "y")):
        add_prometheus(cluster, name, {"matchLabels": {"release": release}}, {})
    [line] = [line for line in report(machine, environment)[1] if "Prometheus that" in line[1]]
    assert line[0] == "ok" and line[1].endswith(f": b in {namespace}")


# ------------------------------------------------------------------------------------------- the image

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.fixture
def registry(tmp_path):
    """A real registry, without images; its address."""
    if not shutil.which("docker-registry"):
        not_tested("NOT TESTED: no docker-registry here")
    address = f"127.0.0.1:{free_port()}"
    configuration = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "registry")}},
        "http": {"addr": address, "secret": "test"},
    }
    path = tmp_path / "registry.yml"
    path.write_text(yaml.safe_dump(configuration))
    with process(["docker-registry", "serve", path], tmp_path / "registry.log"):
        await_that("the registry answers", lambda: ask(f"http://{address}/v2/"))
        yield address


def ask(url, method="GET", data=None, kind="application/octet-stream"):
    request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
    try:
        return urllib.request.urlopen(request, timeout=10)
    except urllib.error.URLError as error:
        raise AssertionError(f"{method} {url}: {error}") from error


def put_image(address, repository, tag):
    """An image without layers."""
    configuration = (
        b'{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}'
    )
    digest = f"sha256:{hashlib.sha256(configuration).hexdigest()}"
    base = f"http://{address}/v2/{repository}"
    upload = ask(f"{base}/blobs/uploads/", "POST", b"").headers["Location"]
    ask(f"{upload}&digest={digest}", "PUT", configuration)
    kind = "application/vnd.docker.container.image.v1+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": kind, "size": len(configuration), "digest": digest},
        "layers": [],
    }
    ask(f"{base}/manifests/{tag}", "PUT", json.dumps(manifest).encode(), MANIFEST)


def line_of_image(machine, environment):
    [line] = [x for x in report(machine, environment, "--exporter-only")[1] if "image " in x[1][:7]]
    return line


def test_a_registry_is_asked_for_the_image(machine, cluster, namespace, registry):
    machine.install("curl", shutil.which("curl"))
    environment = real(machine, cluster, namespace, "kubectl")
    name = f"{registry}/team/exporter"
    environment |= {"ARKOUDA_EXPORTER_IMAGE": name, "ARKOUDA_EXPORTER_VERSION": "7.8"}
    release = ROOT / "deploy" / "image" / "release.sh"
    assert release.exists()
    absent = ("missing", f"image {name}:7.8: sh '{release}' {name}")
    assert line_of_image(machine, environment) == absent
    put_image(registry, "team/exporter", "7.9")
    assert line_of_image(machine, environment) == absent
    put_image(registry, "team/exporter", "7.8")
    assert line_of_image(machine, environment) == (
        "ok",
        f"image {name}:7.8: its registry has it",
    )


def test_a_registry_that_cannot_be_asked_is_not_known(machine, cluster, namespace):
    machine.install("curl", shutil.which("curl"))
    environment = real(machine, cluster, namespace, "kubectl")
    name = f"127.0.0.1:{free_port()}/exporter"
    environment["ARKOUDA_EXPORTER_IMAGE"] = name
    state, text = line_of_image(machine, environment)
    assert state == "unknown" and text.startswith(f"image {name}:0.1.0: curl: ")
    assert text.endswith(f"; try on a node: crictl pull {name}:0.1.0")


@contextlib.contextmanager
def registry_with_tokens(public):
    """Stands in for a registry that wants a token, which it gives everybody for what is public."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, status, *headers, body=b""):
            self.send_response(status)
            for header in headers:
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self):
            scope = "repository:" + self.path.split("/manifests/")[0].removeprefix("/v2/") + ":pull"
            if self.headers.get("Authorization") == f"Bearer token-for-{scope}":
                return self.answer(200 if public else 401)
            address = f"http://127.0.0.1:{self.server.server_port}/token"
            challenge = f'Bearer realm="{address}",service="a.registry",scope="{scope}"'
            return self.answer(401, ("Www-Authenticate", challenge))

        def do_GET(self):
            [scope] = re.findall("^/token\\?service=a.registry&scope=(.+)$", self.path)
            self.answer(200, body=b'{"token": "token-for-%s", "expires_in": 300}' % scope.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("public", [True, False])
def test_a_registry_that_wants_a_token_is_asked_with_one(public, machine, cluster, namespace):
    machine.install("curl", shutil.which("curl"))
    environment = real(machine, cluster, namespace, "kubectl")
    with registry_with_tokens(public) as address:
        environment["ARKOUDA_EXPORTER_IMAGE"] = f"{address}/team/exporter"
        state, text = line_of_image(machine, environment)
    if public:
        assert (state, text) == ("ok", f"image {address}/team/exporter:0.1.0: its registry has it")
    else:
        assert state == "unknown" and "the registry wants a login" in text


@pytest.mark.parametrize(
    ("status", "output", "state"),
    [(0, "{}", "ok"), (1, "manifest unknown", "missing"), (1, "unauthorized", "unknown")],
)
def test_skopeo_is_asked_where_it_is(status, output, state, machine, cluster, namespace):
    """By a stand-in."""
    environment = real(machine, cluster, namespace, "kubectl")
    skopeo = machine.folder / "skopeo"
    skopeo.write_text(
        "#!/bin/sh\n[ \"$*\" = 'inspect --raw docker://docker.io/a/b:0.1.0' ] || exit 9\n"
    )
    with open(skopeo, "a") as file:
        file.write(f"echo '{output}' >&2\nexit {status}\n")
    skopeo.chmod(0o755)
    machine.install("skopeo", skopeo)
    environment["ARKOUDA_EXPORTER_IMAGE"] = "a/b"
    found, text = line_of_image(machine, environment)
    assert found == state and text.startswith("image docker.io/a/b:0.1.0: ")
    assert (output in text) == (state == "unknown")


def test_nodes_that_have_the_image_need_no_registry(machine, cluster, namespace):
    environment = real(machine, cluster, namespace, "kubectl")
    image = "image docker.io/bearsrus/prometheus-arkouda-exporter:0.1.0"
    others = [node["metadata"]["name"] for node in cluster.get("nodes")]

    def has(node, *names):
        patch = json.dumps({"status": {"images": [{"names": names, "sizeBytes": 1}]}})
        command = ["patch", "node", node, "--subresource=status", "--type=merge", "-p", patch]
        cluster.kubectl(*command)

    try:
        manifest = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": namespace}}
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(manifest))
        for node in (namespace, *others):
            has(node, "docker.io/a/b@sha256:00", image.removeprefix("image "), "docker.io/a/b:1")
        number = len(others) + 1
        assert line_of_image(machine, environment) == (
            "ok",
            f"{image}: the nodes have it, all {number}",
        )
        # Another tag of it is another image.
        has(namespace, f"{image.removeprefix('image ')}.1")
        state, text = line_of_image(machine, environment)
        assert state == "unknown"
        if others:
            assert text.startswith(f"{image}, which {number - 1} of {number} nodes have: neither ")
    finally:
        cluster.kubectl("delete", "node", namespace, "--ignore-not-found")
        for node in others:
            has(node)


def test_a_cluster_that_is_bare_is_reported_line_by_line(machine):
    """By a stand-in: this one says that it has nothing."""
    get = "kubectl get namespace arkouda --ignore-not-found -o name"
    machine.fake({"kubectl get --raw /version": (0, ""), get: (0, "")}, "kubectl")
    done = machine.run(
        "check-prerequisites.sh", environment={**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    )
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "missing  namespace arkouda: kubectl create namespace arkouda"
    assert len(lines) == 20
    assert lines[-1].startswith("unknown  image ")
    # It knows no other command, so that kubectl fails.
    unknown = [line for line in lines[:-1] if line.startswith("unknown ")]
    assert len(unknown) == 19 - 1 - 6 and all("the stand-in knows no" in line for line in unknown)
    assert sum("releases/latest/download/install.yaml" in line for line in lines) == 4
    assert sum("kube-prometheus-stack" in line for line in lines) == 2


def test_a_cluster_out_of_reach_is_said_once(machine):
    machine.fake({"kubectl get --raw /version": (1, "")}, "kubectl")
    environment = {**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    done = machine.run("check-prerequisites.sh", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert "kubectl does not reach the cluster" in done.stderr


def test_it_runs_through_a_link_elsewhere(machine, tmp_path):
    machine.fake({"kubectl get --raw /version": (0, "")}, "kubectl")
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    link = elsewhere / "a link.sh"
    link.symlink_to(WORKFLOWS / "check-prerequisites.sh")
    environment = {**machine.environment, **PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    for path, folder in [(link, "/"), (link.name, elsewhere)]:
        done = run("sh", path, check=False, env=environment, cwd=folder)
        assert (done.returncode, done.stderr) == (1, "")
    files = [file for call in machine.calls() for file in call["files"]]
    assert {file["path"] for file in files} == {
        str(path)
        for path in [
            WORKFLOWS / "arkouda-workflows-service-account.yaml",
            *WORKFLOWS.glob("*-workflow-template.yaml"),
        ]
    }


@pytest.mark.parametrize("name", ["check-prerequisites.sh", "make-ssh-secret.sh"])
def test_the_other_scripts_refuse_what_is_missing_too(name, machine):
    done = machine.run(name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "  ARKOUDA_NAMESPACE is not set: " in done.stderr
    assert "  ARKOUDA_SSH_SECRET is not set: " in done.stderr
    assert machine.run(name, "--dry-run").returncode == 2
    done = machine.run(name, "--help")
    assert done.returncode == 0 and "  ARKOUDA_SSH_SECRET\n" in done.stdout
    environment = {**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    done = machine.run(name, environment=environment)
    assert done.returncode == 1 and "kubectl is not on the PATH" in done.stderr


def test_the_ssh_secret_has_a_pair_of_keys_and_is_not_made_twice(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    done = machine.run("make-ssh-secret.sh", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(machine.temporary.iterdir()) == []
    get = ("get", "secret", "an-ssh-secret", "-o")
    data = json.loads(cluster.kubectl(*get, "jsonpath={.data}").stdout)
    assert data.keys() == {"id_rsa", "id_rsa.pub"}
    key = machine.folder / "key"
    key.write_text(run("base64", "-d", stdin=data["id_rsa"]).stdout)
    key.chmod(0o600)
    public = run("base64", "-d", stdin=data["id_rsa.pub"]).stdout
    assert run("ssh-keygen", "-y", "-P", "", "-f", key).stdout.split()[:2] == public.split()[:2]

    done = machine.run("make-ssh-secret.sh", environment=environment)
    assert done.returncode == 1
    assert f"kubectl delete secret an-ssh-secret -n {namespace}" in done.stderr
    assert json.loads(cluster.kubectl(*get, "jsonpath={.data}").stdout) == data


def test_the_keys_are_gone_when_kubectl_fails(machine):
    create = "kubectl create secret generic an-ssh-secret -n arkouda --from-file=id_rsa=FILE "
    create += "--from-file=id_rsa.pub=FILE"
    get = "kubectl get secret an-ssh-secret -n arkouda --ignore-not-found -o name"
    machine.fake({get: (0, ""), create: (3, "")})
    environment = {**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    assert machine.run("make-ssh-secret.sh", environment=environment).returncode == 3
    assert [call["command"] for call in machine.calls()] == [get, create]
    assert machine.calls()[1]["files"][0]["mode"] == 0o600
    assert list(machine.temporary.iterdir()) == []
