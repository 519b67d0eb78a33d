"""The manifests at a real API server, and the way of the labels from them to Prometheus' series."""

import base64
import contextlib
import copy
import gzip
import json
import os
import re

import pytest
import yaml

import web_secrets
from cluster import MONITORING
from support import (
    ROOT,
    TOOLS,
    await_that,
    process,
    prometheus,
    run,
    simulator,
    tool,
)
from variants import EXTRAS, WORKLOADS, environment, container_of, objects, one, pod_of, rendered

PROMETHEUS = ROOT / "deploy" / "prometheus"
JOB = "prometheus-arkouda-exporter"
SLURM = "deploy/kubernetes/overlays/slurm"


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
def operator(cluster, tmp_path_factory):
    """The Prometheus operator, watching the cluster."""
    log = tmp_path_factory.mktemp("operator") / "operator.log"
    command = [tool("operator"), "--web.listen-address=127.0.0.1:0"]
    with process(command, log, {"KUBECONFIG": str(cluster.kubeconfig)}) as running:
        yield running


@contextlib.contextmanager
def arkouda_outside(cluster, node, folder):
    """An Arkouda outside the cluster, which the name arkouda-metrics points at in the test's namespace."""
    with simulator(folder, host=node.network.here) as (running, port):
        labels = {"kubernetes.io/service-name": "arkouda-metrics"}
        cluster.apply(
            yaml.safe_dump_all(
                [
                    {
                        "apiVersion": "v1",
                        "kind": "Service",
                        "metadata": {"name": "arkouda-metrics"},
                        "spec": {"ports": [{"port": 5556, "targetPort": port}]},
                    },
                    {
                        "apiVersion": "discovery.k8s.io/v1",
                        "kind": "EndpointSlice",
                        "metadata": {"name": "arkouda-metrics", "labels": labels},
                        "addressType": "IPv4",
                        "ports": [{"port": port}],
                        "endpoints": [{"addresses": [node.network.here]}],
                    },
                ]
            ),
            "--force-conflicts",
        )
        yield running


def apply_pod(cluster, node, manifest):
    """Applies a manifest with one pod, whose images the node has, and returns the pod once there is one."""
    node.load_images_of(manifest)
    cluster.apply(manifest)
    [pod] = await_that("there is a pod", lambda: cluster.get("pods"))
    return pod["metadata"]["name"]


def pod_when(cluster, name, what, is_so):
    """The pod once is_so(its status) is true."""

    def so():
        pod = cluster.get("pod", name)
        assert is_so(pod["status"]), pod["status"]
        return pod

    return await_that(f"{name} {what}", so, 90)


def is_ready(status):
    conditions = {found["type"]: found["status"] for found in status.get("conditions", [])}
    return conditions.get("Ready") == "True"


def status_of(pod, name="prometheus-arkouda-exporter"):
    """The status of a pod's container, wherever in the pod that is."""
    status = pod["status"]
    containers = status.get("initContainerStatuses", []) + status.get("containerStatuses", [])
    return next(found for found in containers if found["name"] == name)


def has_web_config(pod):
    containers = pod["spec"]["containers"] + pod["spec"].get("initContainers", [])
    return "exporter-web-config" in {
        mount["name"] for container in containers for mount in container.get("volumeMounts", [])
    }


def curl(pod, folder, path, address=None):
    """The command that asks a pod's exporter, at the pod's address if no other is given; where there is a web
    configuration, as the files in the folder have it."""
    command = ["curl", "--disable", "-fsS", "--max-time", "5"]
    address = address or pod["status"]["podIP"]
    if not has_web_config(pod):
        return [*command, f"http://{address}:5080{path}"]
    name = web_secrets.NAME
    command += ["--cacert", folder / "ca.crt", "--connect-to", f"{name}:5080:{address}:5080"]
    command += ["--user", f"{web_secrets.USER}:{web_secrets.PASSWORD}"]
    return [*command, f"https://{name}:5080{path}"]


def page(pod, folder=None):
    return run(*curl(pod, folder, "/metrics")).stdout


def make_secrets(cluster, folder, *commands):
    """Runs the documentation's commands that make the Secrets, or others like them, in the test's namespace
    and with the files in the folder."""
    for command in commands or web_secrets.COMMANDS:
        there = command.replace("--namespace arkouda", f"--namespace {cluster.current}")
        assert there != command
        shell(cluster, there, folder)


@contextlib.contextmanager
def running_pod(cluster, node, variant, folder):
    """Applies a variant where there is an Arkouda for it; yields its pod, which is ready and scraped it. The
    files of its Secrets are in the folder then."""
    with contextlib.ExitStack() as stack:
        _, spec = pod_of(variant)
        if has_web_config({"spec": spec}):
            web_secrets.make_files(folder)
            make_secrets(cluster, folder)
        # The Arkouda outside stands for one of those that targets.json names.
        manifest = rendered(variant).replace("node17.cluster.example.com:5556", OUTSIDE)
        name = apply_pod(cluster, node, manifest)
        container, _ = container_of(variant)
        if environment(container).get("ARKOUDA_METRICS_SERVICE_HOST") != "localhost":
            stack.enter_context(arkouda_outside(cluster, node, folder))
        pod = pod_when(cluster, name, "is ready", is_ready)
        labels, _ = pod_of(variant)
        assert labels.items() <= pod["metadata"]["labels"].items()
        await_that("Arkouda is up", lambda: UP.search(page(pod, folder)))
        yield pod


UP = re.compile(r"^arkouda_up{.*} 1$", re.M)
OUTSIDE = "arkouda-metrics:5556"


@pytest.mark.parametrize("variant", WORKLOADS)
def test_runs_on_a_node_and_finds_its_arkouda(cluster, node, variant, tmp_path):
    with cluster.namespace():
        with running_pod(cluster, node, variant, tmp_path) as pod:
            exporter = status_of(pod)
            assert exporter["ready"] and exporter["restartCount"] == 0
            if cluster.get("services", "-l", "app.kubernetes.io/component=exporter"):
                # By the address of its Service, as everybody in the cluster finds it.
                [service] = cluster.get("services", "-l", "app.kubernetes.io/component=exporter")
                ask = curl(pod, tmp_path, "/-/ready", service["spec"]["clusterIP"])
                await_that(
                    "the Service leads to it",
                    lambda: run(*node.network.within(*ask), check=False).returncode == 0,
                )


def test_another_config_map_changes_the_servers_and_the_pod_stays(cluster, node, tmp_path):
    variant = "deploy/kubernetes/overlays/slurm-targets"
    files = one(variant, "ConfigMap", "exporter-targets")
    files["data"]["targets.json"] = json.dumps(
        [{"targets": [OUTSIDE], "labels": {"arkouda_server_name": "carol-4713"}}]
    )
    carol = re.compile(r'^arkouda_up{arkouda_server_name="carol-4713"} 1$', re.M)
    with cluster.namespace():
        with running_pod(cluster, node, variant, tmp_path) as pod:
            assert 'arkouda_server_name="bob-4712"' in page(pod)
            cluster.apply(cluster.here(yaml.safe_dump(files)), "--force-conflicts")
            await_that("carol is up", lambda: carol.search(page(pod)))
            assert "bob-4712" not in page(pod) and "alice-4711" not in page(pod)
            after = cluster.get("pod", pod["metadata"]["name"])
            assert after["metadata"]["uid"] == pod["metadata"]["uid"]
            assert status_of(after)["restartCount"] == 0


def test_its_pod_is_ready_while_arkouda_is_down_and_sees_it_come(cluster, node, tmp_path):
    manifest = rendered(SLURM).replace("value: 15s", "value: 1s")
    with cluster.namespace():
        name = apply_pod(cluster, node, manifest)
        pod = pod_when(cluster, name, "is ready", is_ready)
        assert re.search(r"^arkouda_up{.*} 0$", page(pod), re.M)
        with arkouda_outside(cluster, node, tmp_path):
            await_that("Arkouda is up", lambda: UP.search(page(pod)))
        await_that("Arkouda is down", lambda: not UP.search(page(pod)))
        pod = cluster.get("pod", name)
        assert is_ready(pod["status"]) and status_of(pod)["restartCount"] == 0


def test_an_exporter_that_is_frozen_is_restarted(cluster, node):
    """With the manifest's probes, but for their period."""
    manifest = rendered(SLURM).replace("periodSeconds: 15", "periodSeconds: 1")
    manifest = manifest.replace("timeoutSeconds: 5", "timeoutSeconds: 1")
    with cluster.namespace():
        name = apply_pod(cluster, node, manifest)
        pod = pod_when(cluster, name, "is ready", is_ready)
        identity = status_of(pod)["containerID"].removeprefix("containerd://")
        node.signal(identity, "STOP")
        pod = pod_when(
            cluster,
            name,
            "was restarted",
            lambda status: is_ready(status)
            and "terminated" in status["containerStatuses"][0]["lastState"],
        )
        assert status_of(pod)["restartCount"] == 1
        assert status_of(pod)["lastState"]["terminated"]["exitCode"] == 137


@pytest.mark.parametrize(
    "variant", ["deploy/kubernetes/overlays/slurm", "deploy/kubernetes/overlays/aok"]
)
def test_a_setting_that_it_cannot_use_shows_in_the_pods_status(cluster, node, variant):
    manifest = rendered(variant).replace("value: 15s", "value: 15 parsecs")
    with cluster.namespace():
        name = apply_pod(cluster, node, manifest)

        def ended(status):
            state = status_of({"status": status})["lastState"]
            return state.get("terminated") or status_of({"status": status})["state"].get(
                "terminated"
            )

        pod = pod_when(cluster, name, "has ended", ended)
        end = ended(pod["status"])
        assert end["exitCode"] == 2
        assert "METRICS_POLLING_INTERVAL" in end["message"] and "15 parsecs" in end["message"]
        if variant.endswith("aok"):
            # And Arkouda waits for it, as the README says.
            assert "waiting" in status_of(pod, "arkouda-server")["state"]


def test_runs_under_the_user_id_that_openshift_gives(cluster, node):
    """The policy restricted-v2 adds a user id of the namespace's range to a pod that has none, group 0, and
    leaves the rest as it is."""
    [deployment, *others] = sorted(objects(SLURM), key=lambda found: found["kind"] != "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    for context in (spec["securityContext"], spec["containers"][0]["securityContext"]):
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & context.keys()
    ids = {"runAsUser": 1000680000, "fsGroup": 1000680000}
    changed = copy.deepcopy(deployment)
    changed["spec"]["template"]["spec"]["securityContext"].update(ids)
    with cluster.namespace():
        name = apply_pod(cluster, node, yaml.safe_dump_all([changed, *others]))
        pod = pod_when(cluster, name, "is ready", is_ready)
        assert "arkouda_up" in page(pod)


def test_a_native_sidecar_starts_before_the_server_and_ends_after_it(cluster, node):
    manifest = list(yaml.safe_load_all(rendered("deploy/kubernetes/overlays/aok")))
    [server] = [found for found in manifest if found["kind"] == "Pod"]
    # So that the API server keeps it to be looked at, and with a server that takes its time to end.
    server["metadata"]["finalizers"] = ["example.com/test"]
    slow = 'trap "echo ending; sleep 4" TERM; /opt/arkouda/arkouda_server "$@" & wait; wait'
    [container] = server["spec"]["containers"]
    container["args"] = ["-c", slow, *container["command"], *container["args"]]
    container["command"] = ["sh"]
    with cluster.namespace():
        name = apply_pod(cluster, node, yaml.safe_dump_all(manifest))
        pod = pod_when(cluster, name, "is ready", is_ready)
        started = [
            status_of(pod, part)["state"]["running"]["startedAt"]
            for part in ("prometheus-arkouda-exporter", "arkouda-server")
        ]
        assert started == sorted(started)
        try:
            cluster.kubectl("delete", "pod", name, "--wait=false")
            log = ["logs", name, "-c", "arkouda-server"]
            await_that("the server ends", lambda: "ending" in cluster.kubectl(*log).stdout)
            # It still answers, while the server ends.
            assert "arkouda_up" in page(pod)

            def have_ended(status):
                return all(
                    "terminated" in found["state"]
                    for found in status["initContainerStatuses"] + status["containerStatuses"]
                )

            pod = pod_when(cluster, name, "has ended", have_ended)
            ends = {
                part: status_of(pod, part)["state"]["terminated"]
                for part in ("prometheus-arkouda-exporter", "arkouda-server")
            }
            assert ends["prometheus-arkouda-exporter"]["exitCode"] == 0
            finished = [end["finishedAt"] for end in ends.values()]
            assert finished[1] <= finished[0]
        finally:
            patch = '{"metadata": {"finalizers": null}}'
            cluster.kubectl("patch", "pod", name, "--type=merge", "-p", patch)


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


def tls_assets(cluster):
    """A folder with what the operator has collected of the Secrets that monitors name, as Prometheus' pod
    mounts it."""
    folder = cluster.kubeconfig.parent / "tls-assets"
    folder.mkdir(exist_ok=True)
    for secret in cluster.get("secrets", "-n", MONITORING):
        if secret["metadata"]["name"].startswith("prometheus-kube-stack-tls-assets-"):
            for name, content in secret.get("data", {}).items():
                (folder / name).write_bytes(base64.b64decode(content))
    return folder


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
        text = text.replace("/etc/prometheus/certs", str(tls_assets(cluster)))
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
    for job in configuration["scrape_configs"]:
        # So that no test waits for the next scrape.
        job.update(scrape_interval="1s", scrape_timeout="1s")
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(configuration))
    return path


CHAINS = {
    "deploy/kubernetes/overlays/slurm": {"service": JOB},
    "deploy/kubernetes/overlays/aok": {"service": f"{JOB}-sidecar"},
    "deploy/kubernetes/overlays/aok-older-cluster": {"service": f"{JOB}-sidecar"},
    "deploy/kubernetes/overlays/aok-pod-monitor": {"container": JOB},
    "deploy/kubernetes/overlays/aok-web-config": {"service": f"{JOB}-sidecar"},
}


@pytest.mark.parametrize("variant", CHAINS)
def test_the_labels_reach_the_series_by_the_operator(cluster, node, operator, variant, tmp_path):
    labels, _ = pod_of(variant)
    with cluster.namespace() as namespace:
        with running_pod(cluster, node, variant, tmp_path) as pod:
            configuration = await_configuration(cluster, "prometheus-all-namespaces.yaml")
            with prometheus(tmp_path, write(tmp_path, configuration)) as server:
                [series] = await_that("the exporter is scraped", lambda: scraped(server))
                expected = {
                    "arkouda_instance": labels["arkouda_instance"],
                    "launcher": labels["launcher"],
                    "job": JOB,
                    "namespace": namespace,
                    "pod": pod["metadata"]["name"],
                    "instance": f"{pod['status']['podIP']}:5080",
                    **CHAINS[variant],
                }
                assert expected.items() <= series["metric"].items()
                assert addresses(server) == {f"{pod['status']['podIP']}:5080"}
                # All of the exporter's series have them, and none had to give way to a target label.
                [series] = server.query(
                    "count by (arkouda_instance, launcher) ({__name__=~'arkouda_.*'})"
                )
                assert series["metric"] == {
                    key: expected[key] for key in ("arkouda_instance", "launcher")
                }
                names = server.get("labels", **{"match[]": "{__name__=~'arkouda_.*'}"})
                assert not [name for name in names if name.startswith("exported_")]


def without_operator(cluster):
    """The example's configuration, of a Prometheus that is told where to ask."""
    configuration = yaml.safe_load((PROMETHEUS / "kubernetes-scrape-config.yaml").read_text())
    for job in configuration["scrape_configs"]:
        for discovery in job["kubernetes_sd_configs"]:
            discovery["api_server"] = cluster.url
            discovery["authorization"] = {"credentials": cluster.token}
            discovery["tls_config"] = {"insecure_skip_verify": True}
    return configuration


@pytest.mark.parametrize("name", ["slurm-plain-prometheus", "aok-plain-prometheus"])
def test_the_labels_reach_the_series_without_the_operator(cluster, node, name, tmp_path):
    variant = f"deploy/kubernetes/overlays/{name}"
    labels, _ = pod_of(variant)
    configuration = without_operator(cluster)
    with cluster.namespace() as namespace:
        with running_pod(cluster, node, variant, tmp_path) as pod:
            with prometheus(tmp_path, write(tmp_path, configuration)) as server:
                [series] = await_that("the exporter is scraped", lambda: scraped(server))
                assert addresses(server) == {f"{pod['status']['podIP']}:5080"}
    expected = {
        "arkouda_instance": labels["arkouda_instance"],
        "launcher": labels["launcher"],
        "job": JOB,
        "namespace": namespace,
        "service": one(variant, "Service")["metadata"]["name"],
        "pod": pod["metadata"]["name"],
    }
    assert expected.items() <= series["metric"].items()


def change_secret(cluster, folder, name):
    """Makes a Secret anew, of the files that are in the folder now, as the documentation says."""
    [more] = re.findall(r"`(--dry-run.*?)`", web_secrets.SECTION)
    [command] = [line for line in web_secrets.COMMANDS if f" {name} " in line]
    make_secrets(cluster, folder, f"{command} {more}")


def target_of(server):
    """What Prometheus says of its only target."""
    [target] = server.get("targets")["activeTargets"]
    return target


def test_prometheus_scrapes_over_tls_and_is_told_that_a_password_is_wrong(
    cluster, node, operator, tmp_path
):
    def configuration_with(password):
        def has_it(found):
            jobs = [job for job in found["scrape_configs"] if f"/{namespace}/" in job["job_name"]]
            return [job["basic_auth"]["password"] for job in jobs] == [password]

        found = await_configuration(cluster, "prometheus-all-namespaces.yaml", has_it)
        path = write(tmp_path, found)
        run(tool("promtool"), "check", "config", path)
        return path

    with cluster.namespace() as namespace:
        with running_pod(cluster, node, web_secrets.VARIANT, tmp_path) as pod:
            path = configuration_with(web_secrets.PASSWORD)
            with prometheus(tmp_path, path, "--web.enable-lifecycle") as server:
                await_that("the exporter is scraped", lambda: scraped(server))
                assert [found["value"][1] for found in server.query("up")] == ["1"]
                url = f"https://{pod['status']['podIP']}:5080/metrics"
                assert target_of(server)["scrapeUrl"] == url
                (tmp_path / "password").write_text("wrong")
                change_secret(cluster, tmp_path, "exporter-basic-auth")
                configuration_with("wrong")
                server.reload()
                await_that("a scrape fails", lambda: target_of(server)["health"] == "down")
                error = "server returned HTTP status 401 Unauthorized"
                assert target_of(server)["lastError"] == error


def test_a_changed_secret_is_in_force_and_the_pod_stays(cluster, node, tmp_path):
    def certificate():
        ask = curl(pod, tmp_path, "/-/ready")
        return run(*ask, "--output", "/dev/null", "--write-out", "%{certs}").stdout

    with cluster.namespace():
        with running_pod(cluster, node, web_secrets.VARIANT, tmp_path) as pod:
            assert "CN = first" in certificate()
            web_secrets.make_server_certificate(tmp_path, "second")
            change_secret(cluster, tmp_path, "exporter-tls")
            await_that("the second certificate is there", lambda: "CN = second" in certificate())
            after = cluster.get("pod", pod["metadata"]["name"])
            assert after["metadata"]["uid"] == pod["metadata"]["uid"]
            assert status_of(after)["restartCount"] == 0


def test_prometheus_scrapes_over_tls_without_the_operator(cluster, node, tmp_path):
    """By the two examples together, as the first of them says."""
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "namespace": "arkouda",
                "resources": [os.path.relpath(ROOT / SLURM, tmp_path)],
                "components": [
                    os.path.relpath(ROOT / "deploy/kubernetes/components" / name, tmp_path)
                    for name in ("web-config", "plain-prometheus")
                ],
            }
        )
    )
    [https] = yaml.safe_load((PROMETHEUS / "https-scrape-config.yaml").read_text())[
        "scrape_configs"
    ]
    https["tls_config"]["ca_file"] = str(tmp_path / "ca.crt")
    https["basic_auth"]["password_file"] = str(tmp_path / "password")
    configuration = without_operator(cluster)
    for job in configuration["scrape_configs"]:
        job.update({key: https[key] for key in ("tls_config", "basic_auth")})
    with cluster.namespace():
        with running_pod(cluster, node, tmp_path, tmp_path) as pod:
            with prometheus(tmp_path, write(tmp_path, configuration)) as server:
                await_that("the exporter is scraped", lambda: scraped(server))
                assert target_of(server)["scrapeUrl"].startswith(
                    f"https://{pod['status']['podIP']}"
                )


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
        for example in ("scrape-config-outside.yaml", "many-servers-operator.yaml"):
            cluster.kubectl("apply", "-f", PROMETHEUS / example)
        for example, names in (
            ("prometheus-all-namespaces.yaml", [*chosen, "elsewhere"]),
            ("prometheus-three-namespaces.yaml", chosen),
        ):
            expected = {f"serviceMonitor/{name}/{JOB}/0" for name in names}
            expected |= {f"scrapeConfig/arkouda/{JOB}", "probe/arkouda/arkouda-servers"}

            def has_all_and_no_other(configuration):
                return {job["job_name"] for job in configuration["scrape_configs"]} == expected

            configuration = await_configuration(cluster, example, has_all_and_no_other)
            path = write(tmp_path, configuration)
            run(tool("promtool"), "check", "config", "--syntax-only", path)
        jobs = {job["job_name"].split("/")[0]: job for job in configuration["scrape_configs"]}
        for kind in ("scrapeConfig", "probe"):
            [target] = jobs[kind]["static_configs"]
            expected = {"arkouda_instance": "arkouda-on-slurm", "launcher": "slurm"}
            assert expected.items() <= target["labels"].items()
        # As in many-servers-probe.yaml, which a real Prometheus has tried.
        assert jobs["probe"]["metrics_path"] == "/probe"
        relabelled = [rule for rule in jobs["probe"]["relabel_configs"] if "target_label" in rule]
        targets = {rule["target_label"]: rule for rule in relabelled}
        assert targets["__param_target"]["source_labels"] == ["__address__"]
        assert targets["instance"]["source_labels"] == ["__param_target"]
        assert targets["__address__"]["replacement"] == f"{JOB}.arkouda.svc:5080"
        assert targets["job"]["replacement"] == JOB


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


def shell(cluster, command, folder=ROOT):
    """Runs a command of the documentation as a user does, in a folder and with kubectl on the PATH."""
    environment = {
        **os.environ,
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
    }
    return run("bash", "-o", "pipefail", "-c", command, cwd=folder, env=environment).stdout


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
    cluster, node, operator, tmp_path
):
    commands = commands_of("My target does not appear")
    cluster.kubectl("create", "serviceaccount", "prometheus", "-n", MONITORING)
    with cluster.namespace() as namespace:
        grant = ["--clusterrole=view", f"--serviceaccount={MONITORING}:prometheus"]
        cluster.kubectl("create", "rolebinding", "prometheus", *grant)
        with running_pod(cluster, node, "deploy/kubernetes/overlays/aok", tmp_path) as pod:
            await_configuration(cluster, "prometheus-all-namespaces.yaml")
            await_that(
                "the endpoints are there",
                lambda: pod["status"]["podIP"] in cluster.kubectl("get", "endpointslices").stdout,
            )
            output = "\n".join(
                shell(
                    cluster,
                    command.replace("-n arkouda", f"-n {namespace}").replace(
                        "/namespaces/arkouda/", f"/namespaces/{namespace}/"
                    )
                    # As the README says of an exporter in Arkouda's pod.
                    .replace(f"{JOB}:http", f"{JOB}-sidecar:http"),
                )
                for command in commands
            )
    for expected in (
        "arkouda-server",
        pod["status"]["podIP"],
        "release=kube-stack",
        '{"matchLabels":{"release":"kube-stack"}}',
        "arkouda-on-kubernetes",
        f"job_name: serviceMonitor/{namespace}/{JOB}-sidecar/0",
        "yes",
    ):
        assert expected in output, output
