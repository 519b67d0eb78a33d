"""The manifests at a real API server, and the way of the labels from them to Prometheus' series."""

import base64
import contextlib
import gzip
import json
import os
import re
import shutil

import pytest
import yaml

from cluster import MONITORING
from support import (
    EXPORTER,
    ROOT,
    TOOLS,
    await_that,
    not_tested,
    process,
    prometheus,
    run,
    simulator,
    tool,
)
from variants import EXTRAS, WORKLOADS, environment, container_of, objects, one, pod_of, rendered

PROMETHEUS = ROOT / "deploy" / "prometheus"
JOB = "prometheus-arkouda-exporter"


@pytest.mark.parametrize("variant", WORKLOADS + EXTRAS)
def test_is_accepted_in_a_restricted_namespace_and_changes_nothing_the_second_time(
    cluster, variant
):
    with cluster.namespace():
        manifest = cluster.here(rendered(variant))

        def versions():
            answer = json.loads(
                cluster.kubectl("get", "-f", "-", "-o", "json", stdin=manifest).stdout
            )
            return {
                (found["kind"], found["metadata"]["name"]): (
                    found["metadata"]["uid"],
                    # The controllers' own changes, which are to the status, don't count.
                    found["metadata"].get("generation", found["metadata"]["resourceVersion"]),
                )
                for found in answer.get("items", [answer])
            }

        first = cluster.apply(manifest)
        assert first.stdout.count("serverside-applied") == len(objects(variant))
        assert "Warning" not in first.stderr
        before = versions()
        assert "Warning" not in cluster.apply(manifest).stderr
        assert versions() == before
        difference = cluster.kubectl(
            "diff", "--server-side", "-f", "-", stdin=manifest, check=False
        )
        assert difference.returncode == 0, difference.stdout
        if variant in WORKLOADS:
            # The standard is enforced on pods: the controllers have made the Deployment's.
            assert await_that("there is a pod", lambda: cluster.get("pods"))


def test_a_pod_that_is_not_restricted_is_refused(cluster):
    """So that the test above can fail."""
    manifest = rendered("deploy/kubernetes/overlays/aok")
    manifest = manifest.replace("runAsNonRoot: true", "runAsNonRoot: false")
    with cluster.namespace():
        done = cluster.apply(manifest, check=False)
    assert done.returncode != 0
    assert "violates PodSecurity" in done.stderr


def test_an_unknown_field_is_refused(cluster):
    manifest = rendered("deploy/kubernetes/overlays/slurm").replace("jobLabel", "jobLable")
    with cluster.namespace():
        done = cluster.apply(manifest, check=False)
    assert done.returncode != 0
    assert "jobLable" in done.stderr


@pytest.fixture(scope="module")
def pod_network():
    """A network namespace whose address a pod can have: endpoints may not be on loopback. Yields the
    command that runs something in it, and the address."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        not_tested("NO POD NETWORK: making a network namespace takes root and iproute2")
    name = f"arkouda-{os.getpid()}"
    network = f"10.{64 + os.getpid() % 64}.{os.getpid() // 64 % 256}"
    run("ip", "netns", "add", name)
    try:
        link = f"ark{os.getpid() % 100000}"
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "address", "add", f"{network}.1/24", "dev", link)
        run("ip", "link", "set", link, "up")
        run("ip", "-n", name, "address", "add", f"{network}.2/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "eth0", "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        yield ["ip", "netns", "exec", name], f"{network}.2"
    finally:
        run("ip", "netns", "delete", name)


@pytest.fixture(scope="module")
def operator(cluster, tmp_path_factory):
    """The Prometheus operator, watching the cluster."""
    log = tmp_path_factory.mktemp("operator") / "operator.log"
    command = [tool("operator"), "--web.listen-address=127.0.0.1:0"]
    with process(command, log, {"KUBECONFIG": str(cluster.kubeconfig)}) as running:
        yield running


@contextlib.contextmanager
def running_pod(cluster, variant, pod_network, folder):
    """Applies a variant, runs its exporter's container and an Arkouda where the pod is said to be, and
    reports the pod as a kubelet would; yields its name."""
    into, address = pod_network
    labels, _ = pod_of(variant)
    container, _ = container_of(variant)
    cluster.apply(rendered(variant))
    [pod] = await_that("there is a pod", lambda: cluster.get("pods"))
    assert labels.items() <= pod["metadata"]["labels"].items()
    name = pod["metadata"]["name"]
    with simulator(folder, prefix=into) as (_, arkouda_port):
        # Whatever the manifest calls Arkouda's host, here it is this one.
        settings = {
            **environment(container),
            "ARKOUDA_METRICS_SERVICE_HOST": "127.0.0.1",
            "ARKOUDA_METRICS_SERVICE_PORT": str(arkouda_port),
        }
        with process([*into, EXPORTER], folder / "exporter.log", settings) as running:
            running.await_line("msg=listening")
            cluster.run_pod(name, address)
            yield name


def apply_prometheus(cluster, example):
    """Applies the Prometheus object of an example."""
    definition = yaml.safe_load((PROMETHEUS / example).read_text())
    # Inside the cluster Prometheus would use its service account; here it is told where to ask.
    definition["spec"]["apiserverConfig"] = {
        "host": cluster.url,
        "bearerToken": cluster.token,
        "tlsConfig": {"insecureSkipVerify": True},
    }
    cluster.apply(json.dumps(definition))


def await_configuration(cluster, example, is_complete=None):
    """What the operator makes of an example's Prometheus object, once it is complete: when it has the
    monitor of the test's namespace, if nothing else is said."""
    apply_prometheus(cluster, example)
    if not is_complete:
        [monitor] = cluster.get("podmonitors") or cluster.get("servicemonitors")
        kind, name = monitor["kind"], monitor["metadata"]["name"]
        job = f"{kind[0].lower()}{kind[1:]}/{cluster.current}/{name}/0"

        def is_complete(configuration):
            return job in {found["job_name"] for found in configuration["scrape_configs"]}

    def configuration():
        secret = ["secret", "prometheus-kube-stack", "-n", MONITORING, "-o", "json"]
        found = cluster.kubectl("get", *secret, check=False)
        if found.returncode != 0:
            return None
        packed = json.loads(found.stdout)["data"]["prometheus.yaml.gz"]
        text = gzip.decompress(base64.b64decode(packed)).decode()
        # As the configuration reloader in Prometheus' pod does.
        text = text.replace("$(SHARD)", "0").replace("$(POD_NAME)", "prometheus-kube-stack-0")
        result = yaml.safe_load(text)
        assert is_complete(result), [found["job_name"] for found in result["scrape_configs"]]
        return result

    return await_that("the operator has taken the monitors", configuration)


def scraped(server):
    """The series that say that Arkouda is up; else it fails with what Prometheus says of its targets."""
    found = server.query("arkouda_up == 1")
    assert found, server.get("targets")
    return found


def addresses(server):
    """All that Prometheus scrapes, or tries to: nothing else of the pod may be among it."""
    return {target["labels"]["instance"] for target in server.get("targets")["activeTargets"]}


def write(folder, configuration):
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(configuration))
    return path


CHAINS = {
    "deploy/kubernetes/overlays/slurm": {"service": JOB},
    "deploy/kubernetes/overlays/aok": {"service": f"{JOB}-sidecar"},
    "deploy/kubernetes/overlays/aok-older-cluster": {"service": f"{JOB}-sidecar"},
    "deploy/kubernetes/overlays/aok-pod-monitor": {"container": JOB},
}


@pytest.mark.parametrize("variant", CHAINS)
def test_the_labels_reach_the_series_by_the_operator(
    cluster, operator, pod_network, variant, tmp_path
):
    labels, _ = pod_of(variant)
    with cluster.namespace() as namespace:
        with running_pod(cluster, variant, pod_network, tmp_path) as pod:
            configuration = await_configuration(cluster, "prometheus-all-namespaces.yaml")
            with prometheus(tmp_path, write(tmp_path, configuration)) as server:
                [series] = await_that("the exporter is scraped", lambda: scraped(server))
                expected = {
                    "arkouda_instance": labels["arkouda_instance"],
                    "launcher": labels["launcher"],
                    "job": JOB,
                    "namespace": namespace,
                    "pod": pod,
                    "instance": f"{pod_network[1]}:5080",
                    **CHAINS[variant],
                }
                assert expected.items() <= series["metric"].items()
                assert addresses(server) == {f"{pod_network[1]}:5080"}
                # All of the exporter's series have them, and none had to give way to a target label.
                [series] = server.query(
                    "count by (arkouda_instance, launcher) ({__name__=~'arkouda_.*'})"
                )
                assert series["metric"] == {
                    key: expected[key] for key in ("arkouda_instance", "launcher")
                }
                names = server.get("labels", **{"match[]": "{__name__=~'arkouda_.*'}"})
                assert not [name for name in names if name.startswith("exported_")]


@pytest.mark.parametrize("name", ["slurm-plain-prometheus", "aok-plain-prometheus"])
def test_the_labels_reach_the_series_without_the_operator(cluster, pod_network, name, tmp_path):
    variant = f"deploy/kubernetes/overlays/{name}"
    labels, _ = pod_of(variant)
    configuration = yaml.safe_load((PROMETHEUS / "kubernetes-scrape-config.yaml").read_text())
    for job in configuration["scrape_configs"]:
        for discovery in job["kubernetes_sd_configs"]:
            discovery["api_server"] = cluster.url
            discovery["authorization"] = {"credentials": cluster.token}
            discovery["tls_config"] = {"insecure_skip_verify": True}
    with cluster.namespace() as namespace:
        with running_pod(cluster, variant, pod_network, tmp_path) as pod:
            with prometheus(tmp_path, write(tmp_path, configuration)) as server:
                [series] = await_that("the exporter is scraped", lambda: scraped(server))
                assert addresses(server) == {f"{pod_network[1]}:5080"}
    expected = {
        "arkouda_instance": labels["arkouda_instance"],
        "launcher": labels["launcher"],
        "job": JOB,
        "namespace": namespace,
        "service": one(variant, "Service")["metadata"]["name"],
        "pod": pod,
    }
    assert expected.items() <= series["metric"].items()


@contextlib.contextmanager
def namespaces(cluster, names):
    """Namespaces of these names, and not only for one test: they are gone before the next."""
    with contextlib.ExitStack() as stack:
        for name in names:
            cluster.create_namespace(name)
            stack.callback(cluster.delete_namespace, name)
        yield


def test_the_operator_takes_what_the_selectors_choose_and_nothing_else(cluster, operator, tmp_path):
    chosen = ["arkouda", "arkouda-dev"]
    monitor = rendered("servicemonitor").replace("  namespace: arkouda\n", "")
    with namespaces(cluster, [*chosen, "elsewhere"]):
        for name in (*chosen, "elsewhere"):
            cluster.apply(monitor, "-n", name)
        other = monitor.replace("release: kube-stack", "release: another")
        cluster.apply(other.replace(f"name: {JOB}", "name: another"), "-n", "arkouda")
        cluster.kubectl("apply", "-f", PROMETHEUS / "scrape-config-outside.yaml")
        for example, names in (
            ("prometheus-all-namespaces.yaml", [*chosen, "elsewhere"]),
            ("prometheus-three-namespaces.yaml", chosen),
        ):
            expected = {f"serviceMonitor/{name}/{JOB}/0" for name in names}
            expected.add(f"scrapeConfig/arkouda/{JOB}")

            def has_all_and_no_other(configuration):
                return {job["job_name"] for job in configuration["scrape_configs"]} == expected

            configuration = await_configuration(cluster, example, has_all_and_no_other)
            path = write(tmp_path, configuration)
            run(tool("promtool"), "check", "config", "--syntax-only", path)
        [outside] = [
            job
            for job in configuration["scrape_configs"]
            if job["job_name"].startswith("scrapeConfig")
        ]
        [target] = outside["static_configs"]
        expected = {"arkouda_instance": "arkouda-on-slurm", "launcher": "slurm"}
        assert expected.items() <= target["labels"].items()


def names_of_rules(groups):
    return [[rule.get("alert", rule.get("record")) for rule in group["rules"]] for group in groups]


def test_the_operator_takes_the_rules(cluster, operator):
    with cluster.namespace() as namespace:
        cluster.apply(rendered("deploy/prometheus/rules"))
        apply_prometheus(cluster, "prometheus-all-namespaces.yaml")

        def rules():
            maps = cluster.get("configmap", "-n", MONITORING, "-l", "prometheus-name=kube-stack")
            return [
                text
                for found in maps
                for name, text in found.get("data", {}).items()
                if name.startswith(f"{namespace}-{JOB}")
            ]

        [text] = await_that("the operator has made a ConfigMap of the rules", rules)
    source = yaml.safe_load((ROOT / "deploy/prometheus/rules/arkouda-rules.yaml").read_text())
    assert names_of_rules(yaml.safe_load(text)["groups"]) == names_of_rules(source["groups"])


def commands_of(section):
    """The commands of a section of deploy/kubernetes/README.md: those of its tables and of its blocks."""
    text = (ROOT / "deploy/kubernetes/README.md").read_text()
    text = re.split(rf"^#+ {section}$", text, flags=re.M)[1]
    text = re.split(r"^#+ ", text, flags=re.M)[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    cells = re.findall(
        r"`(kubectl (?:[^`])*)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    )
    return [line for block in blocks for line in block.splitlines()] + [
        command.replace("\\|", "|") for command in cells
    ]


def shell(cluster, command):
    """Runs a command of the documentation as a user does, with kubectl on the PATH."""
    environment = {
        **os.environ,
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
    }
    return run("bash", "-o", "pipefail", "-c", command, cwd=ROOT, env=environment).stdout


def test_the_readmes_commands_deploy_the_exporter(cluster):
    commands = commands_of("For an Arkouda outside the cluster")
    assert len(commands) == 2
    try:
        for command in commands:
            shell(cluster, command)
        await_that("there is a pod", lambda: cluster.get("pods", "-n", "arkouda"))
    finally:
        cluster.delete_namespace("arkouda")


def test_the_commands_for_a_target_that_does_not_appear_show_what_they_say(
    cluster, operator, pod_network, tmp_path
):
    commands = [
        # What takes a proxy into the pod's network can't be run on this machine.
        command
        for command in commands_of("My target does not appear")
        if "--raw" not in command
    ]
    cluster.kubectl("create", "serviceaccount", "prometheus", "-n", MONITORING)
    with cluster.namespace() as namespace:
        grant = ["--clusterrole=view", f"--serviceaccount={MONITORING}:prometheus"]
        cluster.kubectl("create", "rolebinding", "prometheus", *grant)
        with running_pod(cluster, "deploy/kubernetes/overlays/aok", pod_network, tmp_path):
            await_configuration(cluster, "prometheus-all-namespaces.yaml")
            await_that(
                "the endpoints are there",
                lambda: pod_network[1] in cluster.kubectl("get", "endpointslices").stdout,
            )
            output = "\n".join(
                shell(cluster, command.replace("-n arkouda", f"-n {namespace}"))
                for command in commands
            )
    for expected in (
        "arkouda-server",
        pod_network[1],
        "release=kube-stack",
        '{"matchLabels":{"release":"kube-stack"}}',
        "arkouda-on-kubernetes",
        f"job_name: serviceMonitor/{namespace}/{JOB}-sidecar/0",
        "yes",
    ):
        assert expected in output, output
