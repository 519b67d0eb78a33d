"""One exporter and many Arkoudas: the examples of deploy/prometheus, with a real Prometheus, real exporters and
development servers."""

import contextlib
import json
import re

import pytest
import requests

from support import EXPORTER, ROOT, await_that, free_port, process, prometheus, run, simulator, tool
from variants import container_of, environment, one, pod_of

PROMETHEUS = ROOT / "deploy" / "prometheus"
JOB = "prometheus-arkouda-exporter"


def groups_of(*servers):
    """What a targets file says: of each server its port, and its labels."""
    return json.dumps(
        [{"targets": [f"127.0.0.1:{port}"], "labels": labels} for port, labels in servers]
    )


@contextlib.contextmanager
def exporter_of_many(folder, *arguments, env=None):
    """An exporter without a server of its own; yields (process, address)."""
    address = f"127.0.0.1:{free_port()}"
    command = [EXPORTER, f"--web.listen-address={address}", "--polling-interval=1s", *arguments]
    with process(command, folder / "exporter.log", env) as running:
        running.await_line("msg=listening")
        yield running, address


@contextlib.contextmanager
def prometheus_of(folder, example, address):
    """A Prometheus with an example's configuration, which asks an exporter at the address every second."""
    text = (PROMETHEUS / example).read_text()
    text = text.replace("arkouda-head.example.com:5080", address)
    text = text.replace("/etc/prometheus/arkouda-servers", str(folder / "servers"))
    text = re.sub(r"(?<=: )1[05]s", "1s", text)
    path = folder / "prometheus.yml"
    path.write_text(text)
    with prometheus(folder, path) as server:
        yield server


@contextlib.contextmanager
def alice_and_bob(folder):
    """Two development servers; yields their ports."""
    with contextlib.ExitStack() as stack:
        ports = []
        for name in ("alice", "bob"):
            (folder / name).mkdir()
            ports.append(stack.enter_context(simulator(folder / name))[1])
        yield ports


def labels_of(server, expression):
    return [series["metric"] for series in server.query(expression)]


def is_up(server, name):
    return server.query(f'arkouda_up{{arkouda_server_name="{name}"}} == 1')


def nothing_is_exported(server):
    """No label had to give way to one of Prometheus' own."""
    return not [name for name in server.get("labels") if name.startswith("exported_")]


@pytest.mark.parametrize("example", ["page", "discovery", "probe"])
def test_promtool_accepts_the_example(example):
    run(
        tool("promtool"),
        "check",
        "config",
        "--syntax-only",
        PROMETHEUS / f"many-servers-{example}.yaml",
    )


@pytest.mark.parametrize("example", ["page", "discovery"])
def test_prometheus_sees_each_server_of_a_file_and_loses_one_that_leaves_it(example, tmp_path):
    file = tmp_path / "targets.json"
    with alice_and_bob(tmp_path) as (alice, bob):
        of_alice = (alice, {"arkouda_server_name": "alice-4711", "slurm_job_id": "4711"})
        of_bob = (bob, {"arkouda_server_name": "bob-4712", "slurm_job_id": "4712"})
        gone = (free_port(), {"arkouda_server_name": "carol-4713", "slurm_job_id": "4713"})
        file.write_text(groups_of(of_alice, of_bob, gone))
        with exporter_of_many(tmp_path, f"--arkouda.targets-file={file}") as (_, address):
            with prometheus_of(tmp_path, f"many-servers-{example}.yaml", address) as server:
                await_that("alice is up", lambda: is_up(server, "alice-4711"))
                await_that("bob is up", lambda: is_up(server, "bob-4712"))
                [down] = await_that("carol is down", lambda: labels_of(server, "arkouda_up == 0"))
                expected = {
                    "job": JOB,
                    "instance": address if example == "page" else f"127.0.0.1:{gone[0]}",
                    **gone[1],
                }
                assert down == {"__name__": "arkouda_up", **expected}
                assert nothing_is_exported(server)
                # Once, and of the exporter itself, whichever way the servers' series come.
                [build] = await_that(
                    "the exporter is seen", lambda: labels_of(server, "arkouda_exporter_build_info")
                )
                assert (build["job"], build["instance"]) == (JOB, address)
                assert len(labels_of(server, "arkouda_up")) == 3
                file.write_text(groups_of(of_bob))
                await_that(
                    "alice and carol are gone",
                    lambda: {
                        labels["arkouda_server_name"] for labels in labels_of(server, "arkouda_up")
                    }
                    == {"bob-4712"},
                )
                assert is_up(server, "bob-4712")


def test_prometheus_discovers_servers_and_the_exporter_asks_those_that_it_may(tmp_path):
    (tmp_path / "servers").mkdir()
    (tmp_path / "none.json").write_text("[]")
    with alice_and_bob(tmp_path) as (alice, bob):
        (tmp_path / "servers" / "targets.json").write_text(
            groups_of((alice, {"slurm_job_id": "4711"}), (bob, {"slurm_job_id": "4712"}))
        )
        with exporter_of_many(
            tmp_path,
            f"--arkouda.targets-file={tmp_path / 'none.json'}",
            f"--web.probe-allow=127.0.0.1:{alice}",
        ) as (_, address):
            with prometheus_of(tmp_path, "many-servers-probe.yaml", address) as server:
                [up] = await_that("alice is up", lambda: labels_of(server, "arkouda_up == 1"))
                target = f"127.0.0.1:{alice}"
                assert up == {
                    "__name__": "arkouda_up",
                    "arkouda_server_name": target,
                    "instance": target,
                    "job": JOB,
                    "slurm_job_id": "4711",
                }
                [refused] = await_that("bob is refused", lambda: labels_of(server, "up == 0"))
                assert refused["instance"] == f"127.0.0.1:{bob}"
                assert (
                    requests.get(
                        f"http://{address}/probe?target={refused['instance']}", timeout=10
                    ).status_code
                    == 403
                )
                assert nothing_is_exported(server)


def test_the_exporter_on_kubernetes_has_the_servers_of_the_config_map_and_no_other(tmp_path):
    variant = "deploy/kubernetes/overlays/slurm-targets"
    container, _ = container_of(variant)
    _, spec = pod_of(variant)
    [volume] = spec["volumes"]
    [mount] = container["volumeMounts"]
    assert mount["name"] == volume["name"]
    assert "subPath" not in mount, "which Kubernetes would never update"
    files = one(variant, "ConfigMap", "exporter-targets")
    assert volume["configMap"] == {"name": files["metadata"]["name"], "optional": True}
    for name, text in files["data"].items():
        (tmp_path / name).write_text(text)
    settings = environment(container)
    pattern = settings["ARKOUDA_TARGETS_FILES"]
    settings["ARKOUDA_TARGETS_FILES"] = pattern.replace(mount["mountPath"], str(tmp_path))
    with exporter_of_many(tmp_path, env=settings) as (running, address):
        servers = requests.get(f"http://{address}/sd", timeout=10).json()
        assert servers == json.loads(files["data"]["targets.json"])
        assert "left out" not in running.log()
