"""deploy/slurm/arkouda.sbatch and arkouda-targets-clean with a real Slurm, exporter and Prometheus. Where a test
waits for the end of series, it waits for seconds; Prometheus forgets series of servers that just fall silent
after five minutes."""

import contextlib
import json
import os
import pathlib
import re
import subprocess

import pytest
import requests
import yaml

from slurm import ADDRESSES, CLEAN, SBATCH
from support import EXPORTER, ROOT, await_that, process, prometheus, run

EXAMPLES = ROOT / "deploy" / "prometheus"
HEAD = f"{ADDRESSES['head']}:5080"
SOON = 20


@pytest.fixture(scope="session", autouse=True)
def timed_jobs(slurm):
    """They run into their limits of a minute while other tests go on. One is told half a minute before; the
    other only by its limit."""
    told = slurm.submit("--time=1", "--signal=B:TERM@30")
    limited = slurm.submit("--time=1", "--signal=B:CONT@1")
    return told, limited


@pytest.fixture(scope="session")
def exporter(slurm, tmp_path_factory):
    """The central one, which reads the jobs' files."""
    folder = tmp_path_factory.mktemp("exporter")
    command = [EXPORTER, f"--arkouda.targets-file={slurm.targets}/*.json", "--polling-interval=1s"]
    command += [
        "--arkouda.targets-allow=node*:5556-5655",
        "--arkouda.targets-owner-label=slurm_user",
    ]
    with process([*command, f"--web.listen-address={HEAD}"], folder / "exporter.log") as running:
        running.await_line("msg=listening")
        yield running


def scrape_configs(example, slurm):
    text = (EXAMPLES / example).read_text()
    text = text.replace("arkouda-head.example.com:5080", HEAD)
    text = text.replace("/shared/arkouda", str(slurm.shared))
    return yaml.safe_load(re.sub(r"(?<=: )1[05]s", "1s", text))["scrape_configs"]


@pytest.fixture(scope="session")
def server(slurm, exporter, tmp_path_factory):
    """A Prometheus that has all three ways at once, each as a job of its own."""
    folder = tmp_path_factory.mktemp("prometheus")
    (page,) = scrape_configs("many-servers-page.yaml", slurm)
    _, probes = scrape_configs("many-servers-discovery.yaml", slurm)
    (jobs,) = scrape_configs("many-servers-in-jobs.yaml", slurm)
    page["job_name"] = "page"
    jobs["job_name"] = "in-jobs"
    probes["job_name"] = "probes"
    probes["relabel_configs"].pop()  # that makes it one job with the exporter's own
    configuration = folder / "prometheus.yml"
    configuration.write_text(yaml.safe_dump({"scrape_configs": [page, probes, jobs]}))
    with prometheus(folder, configuration, binary="/usr/bin/prometheus") as running:
        yield running


def entry(slurm, job, folder="targets"):
    """What a job's file says, once it names a target."""

    def read():
        path = slurm.file(job, folder)
        assert path.exists(), slurm.output(job)
        (only,) = json.loads(path.read_text())
        assert only["targets"], slurm.output(job)
        return only

    return await_that(f"job {job} is registered", read, SOON)


def await_series(server, job, way="page"):
    query = f'arkouda_up{{job="{way}",slurm_job_id="{job}"}} == 1'
    return await_that(f"{way} has job {job}", lambda: server.query(query), SOON)


def await_no_series(server, job, way="page"):
    query = f'{{job="{way}",slurm_job_id="{job}"}}'
    await_that(f"series of job {job} end", lambda: not server.query(query), SOON)


def await_no_file(slurm, job, folder="targets"):
    await_that(f"job {job} is off the list", lambda: not slurm.file(job, folder).exists(), SOON)


def end_server(slurm, job, signal):
    """What a client does by ak.shutdown(), or the kernel when memory runs out."""
    for line in run("pgrep", "-f", "arkouda-metrics-simulator --listen").stdout.split():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            environment = pathlib.Path("/proc", line, "environ").read_bytes()
            if f"SLURM_JOB_ID={job}\0".encode() in environment:
                os.kill(int(line), signal)


def write_script(slurm, name, text):
    path = slurm.folder / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


# What is wrong, and what the line says.
BAD_SETTINGS = {
    "folder-missing": ({"ARKOUDA_JOB_FOLDER": ""}, "ARKOUDA_JOB_FOLDER is '', expected the path"),
    "folder-relative": ({"ARKOUDA_JOB_FOLDER": "shared"}, "ARKOUDA_JOB_FOLDER is 'shared'"),
    "folder-gone": ({"ARKOUDA_JOB_FOLDER": "/gone"}, "install -d -m 1777 /gone/targets"),
    "ports": ({"ARKOUDA_JOB_PORTS": "5556"}, "ARKOUDA_JOB_PORTS is '5556', expected two ports"),
    "ports-turned": ({"ARKOUDA_JOB_PORTS": "5600-5556"}, "the lower first"),
    "ports-too-high": ({"ARKOUDA_JOB_PORTS": "5556-65536"}, "expected two ports"),
    "exporter-ports": ({"ARKOUDA_JOB_EXPORTER_PORTS": "x"}, "ARKOUDA_JOB_EXPORTER_PORTS is 'x'"),
    "locales": ({"ARKOUDA_JOB_LOCALES": "0"}, "ARKOUDA_JOB_LOCALES is '0', expected a number"),
    "seconds": ({"ARKOUDA_JOB_END_SECONDS": "1m"}, "ARKOUDA_JOB_END_SECONDS is '1m'"),
    "server": ({"ARKOUDA_JOB_SERVER": "gone -x"}, "is 'gone -x', and on node1 there is no such"),
    "exporter": ({"ARKOUDA_JOB_EXPORTER": "gone"}, "ARKOUDA_JOB_EXPORTER is 'gone'"),
    "name": ({"ARKOUDA_JOB_NAME": "a\nb"}, "ARKOUDA_JOB_NAME is $'a\\nb', expected printable"),
    "name-not-ascii": ({"ARKOUDA_JOB_NAME": "Zoë"}, "expected printable ASCII"),
    "domain": ({"ARKOUDA_JOB_DOMAIN": ".example.com"}, "ARKOUDA_JOB_DOMAIN is '.example.com'"),
    "site-file": ({"ARKOUDA_JOB_SITE_FILE": "/gone"}, "ARKOUDA_JOB_SITE_FILE: /gone can't be read"),
    "not-a-job": ({"SLURM_JOB_ID": ""}, "expected to be run by Slurm: sbatch arkouda.sbatch"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_a_wrong_setting_is_one_line_and_starts_nothing(case, tmp_path):
    settings, expected = BAD_SETTINGS[case]
    started = tmp_path / "started"
    server = tmp_path / "server"
    server.write_text(f"#!/bin/sh\ntouch {started}\n")
    server.chmod(0o755)
    for name in ("targets", "exporters"):
        (tmp_path / name).mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "SLURM_JOB_ID": "17",
        "SLURMD_NODENAME": "node1",
        "SLURM_JOB_USER": "alice",
        "SLURM_JOB_PARTITION": "main",
        "SLURM_CLUSTER_NAME": "tiny",
        "ARKOUDA_JOB_FOLDER": str(tmp_path),
        "ARKOUDA_JOB_SERVER": str(server),
        **settings,
    }
    done = run("bash", SBATCH, check=False, env=env)
    assert done.returncode == 2, done
    assert done.stderr.startswith("arkouda.sbatch: ") and done.stderr.count("\n") == 1, done.stderr
    assert expected in done.stderr
    assert not started.exists()
    assert not list((tmp_path / "targets").iterdir())


def test_a_job_is_found_and_scraped_with_its_labels(slurm, server):
    job = slurm.submit("--nodes=2", "--job-name=x", ARKOUDA_JOB_NAME='a "quoted\\ name')
    labels = {
        "arkouda_server_name": 'a "quoted\\ name',
        "slurm_job_id": job,
        "slurm_user": "alice",
        "slurm_partition": "main",
        "slurm_cluster": "tiny",
    }
    only = entry(slurm, job)
    assert only["labels"] == labels
    assert re.fullmatch("node1:55[5-9][0-9]", only["targets"][0])
    for way, instance in (("page", HEAD), ("probes", only["targets"][0])):
        (series,) = await_series(server, job, way)
        metric = series["metric"]
        assert metric.items() >= {**labels, "instance": instance}.items()
        per_locale = f'arkouda_memory_used_per_locale{{job="{way}",slurm_job_id="{job}"}}'
        assert len(server.query(per_locale)) == 2
    listed = requests.get(f"http://{HEAD}/sd", timeout=10).json()
    assert [group for group in listed if group["labels"].get("slurm_job_id") == job] == [only]
    assert (slurm.file(job).stat().st_mode & 0o777) == 0o644
    slurm.run("scancel", job)
    for way in ("page", "probes"):
        await_no_series(server, job, way)


def test_series_end_however_the_job_ends(slurm, server):
    completed, failed, cancelled, told = (slurm.submit() for _ in range(4))
    for job in (completed, failed, cancelled, told):
        entry(slurm, job)
        await_series(server, job)
    end_server(slurm, completed, 15)
    end_server(slurm, failed, 9)
    slurm.run("scancel", cancelled)
    slurm.run("scancel", "--batch", "--signal=TERM", told)
    for job in (completed, failed, cancelled, told):
        await_no_file(slurm, job)
        await_no_series(server, job)
    slurm.await_state(completed, "COMPLETED")
    slurm.await_state(failed, "FAILED")
    assert slurm.job(failed)["ExitCode"] == "137:0"
    slurm.await_state(cancelled, "CANCELLED")
    # The server was given the signal, and not killed: it says its last words.
    slurm.await_state(told, "COMPLETED")
    assert '"most_waiting"' in slurm.output(told)
    # Nor did anybody see it go down.
    falls = f'resets(arkouda_up{{job="page",slurm_job_id="{told}"}}[1m])'
    assert [series["value"][1] for series in server.query(falls)] == ["0"]


def test_jobs_that_start_at_one_moment_get_ports_of_their_own(slurm, server):
    # Of two users, all at once, with a stranger at the first port.
    with stranger(slurm, "node2", 5556):
        jobs = [
            slurm.submit("--nodelist=node2", "--hold", user=user, ARKOUDA_JOB_PORTS="5556-5561")
            for user in ("alice", "bob", "alice", "bob", "alice")
        ]
        slurm.run("scontrol", "release", ",".join(jobs))
        ports = sorted(entry(slurm, job)["targets"][0] for job in jobs)
        assert ports == [f"node2:{port}" for port in range(5557, 5562)]
        for job in jobs:
            await_series(server, job)
        one_more = slurm.submit("--nodelist=node2", ARKOUDA_JOB_PORTS="5556-5561")
        slurm.await_state(one_more, "FAILED")
        assert "all ports of ARKOUDA_JOB_PORTS, 5556-5561, are taken on node2" in slurm.output(
            one_more
        )
        assert slurm.job(one_more)["ExitCode"] == "1:0"
        slurm.run("scancel", *jobs)
        for job in jobs:
            await_no_file(slurm, job)


LISTEN = """
import socket, sys
with socket.create_server(("", int(sys.argv[1]))):
    print("listening", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def stranger(slurm, node, port):
    """A process of bob's that is no job's and listens on a node."""
    command = ["nsenter", f"--net=/run/netns/{node}", "setpriv", "--reuid=bob", "--regid=bob"]
    command += ["--clear-groups", "/usr/bin/python3", "-c", LISTEN, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"listening\n"
        yield
        child.stdin.close()


def test_a_server_is_not_registered_under_another_s_port(slurm):
    server = write_script(slurm, "silent", "#!/bin/sh\nexec sleep infinity\n")
    job = slurm.submit("--nodelist=node2", ARKOUDA_JOB_SERVER=server, ARKOUDA_JOB_PORTS="5700-5700")
    claim = '"claimed_metrics": "node2:5700"'
    await_that(
        "it has chosen",
        lambda: slurm.file(job).exists() and claim in slurm.file(job).read_text(),
        SOON,
    )
    with stranger(slurm, "node2", 5700):
        text = (
            "port 5700 of node2 belongs to a process of another job: the server is not registered"
        )
        await_that("it says so", lambda: text in slurm.output(job), SOON)
        assert json.loads(slurm.file(job).read_text())[0]["targets"] == []
    slurm.run("scancel", job)
    await_no_file(slurm, job)


def test_a_server_that_never_comes_up_is_not_left_registered(slurm):
    server = write_script(slurm, "fails", "#!/bin/sh\necho no licence\nexit 3\n")
    job = slurm.submit(ARKOUDA_JOB_SERVER=server)
    slurm.await_state(job, "FAILED")
    assert slurm.job(job)["ExitCode"] == "3:0"
    assert not slurm.file(job).exists()
    assert "registered" not in slurm.output(job)


def test_arguments_go_to_the_server(slurm):
    text = '#!/bin/sh\necho "$METRICS_SERVER_PORT $*"\n'
    server = write_script(slurm, "says", text)
    job = slurm.submit(
        "--nodes=2",
        "--nodelist=node1,node2",
        arguments=("--ServerPort=5600",),
        ARKOUDA_JOB_SERVER=f"{server} --logLevel=LogLevel.INFO",
        ARKOUDA_JOB_PORTS="5710-5710",
    )
    slurm.await_state(job, "COMPLETED")
    daemons = "ServerDaemonType.DEFAULT,ServerDaemonType.METRICS"
    assert (
        f"5710 --logLevel=LogLevel.INFO -nl 2 --memTrack=true --ServerDaemon.daemonTypes={daemons}"
        " --ServerPort=5600" in slurm.output(job)
    )


def test_the_site_s_file_has_defaults_that_a_job_may_change(slurm):
    site = slurm.folder / "site.env"
    site.write_text(
        ': "${ARKOUDA_JOB_DOMAIN:=cluster.example.com}" "${ARKOUDA_JOB_NAME:=of-the-site}"\n'
    )
    job = slurm.submit(
        "--nodelist=node1", ARKOUDA_JOB_SITE_FILE=str(site), ARKOUDA_JOB_NAME="of-the-job"
    )
    only = entry(slurm, job)
    assert re.fullmatch(r"node1\.cluster\.example\.com:\d+", only["targets"][0])
    assert only["labels"]["arkouda_server_name"] == "of-the-job"
    slurm.run("scancel", job)
    await_no_file(slurm, job)


def test_a_requeued_job_registers_anew(slurm, server):
    job = slurm.submit("--nodelist=node1", "--requeue")
    entry(slurm, job)
    await_series(server, job)
    slurm.run("scontrol", "requeue", job)
    await_no_file(slurm, job)
    await_no_series(server, job)
    # Slurm would wait for two minutes.
    slurm.await_state(job, "PENDING")
    slurm.run("scontrol", "update", f"JobId={job}", "StartTime=now")
    entry(slurm, job)
    await_series(server, job)
    assert slurm.job(job)["Restarts"] == "1"
    # Of a run whose node was cut off it may be that it ends after the next one has begun.
    text = slurm.file(job).read_text()
    slurm.run("sh", "-c", f"cp {slurm.file(job)} {slurm.targets}/.x", user="alice")
    slurm.run("mv", f"{slurm.targets}/.x", slurm.file(job), user="alice")
    slurm.run("scancel", job)
    slurm.await_state(job, "CANCELLED")
    await_that("the script has ended", lambda: "told to end" in slurm.output(job), SOON)
    await_that("the job has left the node", lambda: not slurm.run("squeue", "-h", "-j", job).stdout)
    assert slurm.file(job).read_text() == text
    slurm.file(job).unlink()


def test_an_exporter_in_the_job_is_found_by_prometheus(slurm, server):
    job = slurm.submit("--nodelist=node1", ARKOUDA_JOB_EXPORTER=f"{EXPORTER} --polling-interval=1s")
    only = entry(slurm, job, "exporters")
    assert only["targets"] == ["node1:5080"]
    second = slurm.submit("--nodelist=node1", user="bob", ARKOUDA_JOB_EXPORTER=str(EXPORTER))
    assert entry(slurm, second, "exporters")["targets"] == ["node1:5081"]
    (series,) = await_series(server, job, "in-jobs")
    assert series["metric"].items() >= {**only["labels"], "instance": "node1:5080"}.items()
    assert not any(name.startswith("exported_") for name in series["metric"])
    assert not slurm.file(job).exists()
    slurm.run("scancel", job, second)
    for gone in (job, second):
        await_no_file(slurm, gone, "exporters")
        await_no_series(server, gone, "in-jobs")


def clean(slurm, *options, env=None):
    return slurm.run(CLEAN, *options, slurm.targets, slurm.exporters, check=False, env=env)


def forge(slurm, name, text, user="bob"):
    script = f"cat >{slurm.targets}/.forged && mv {slurm.targets}/.forged '{slurm.targets}/{name}'"
    slurm.run("sh", "-c", script, user=user, stdin=text)
    return slurm.targets / name


def text_of(target, job, user="bob", cluster="tiny", more=""):
    return (
        f'[{{"targets": ["{target}"], "labels": {{"arkouda_server_name": "x", "slurm_job_id": "{job}", '
        f'"slurm_user": "{user}", "slurm_partition": "main", "slurm_cluster": "{cluster}"{more}}}}}]\n'
    )


def test_files_that_are_not_honest_are_removed(slurm):
    silent = write_script(slurm, "silent", "#!/bin/sh\necho it runs\nexec sleep infinity\n")
    of_alice = slurm.submit("--nodelist=node1")
    honest = slurm.file(of_alice)
    entry(slurm, of_alice)
    # Eight of bob's, whose own files are replaced.
    jobs = [
        slurm.submit("--nodelist=node2", user="bob", ARKOUDA_JOB_SERVER=silent) for _ in range(8)
    ]
    for job in jobs:
        await_that("it has its port", lambda: "it runs" in slurm.output(job), SOON)
    mine, theirs, liar, odd, twice, other, linked, own_id = jobs
    removed = {
        forge(slurm, f"{theirs}.json", text_of("node1:5556", theirs)): "it names node1, and job",
        forge(slurm, f"{liar}.json", text_of("node2:5556", liar, user="alice")): "of alice, and is",
        forge(slurm, f"{own_id}.json", text_of("node2:5556", of_alice)): f"it names job {of_alice}",
        forge(
            slurm, f"{odd}.json", '[{"targets": ["node1:5556"]}]'
        ): "not as arkouda.sbatch writes",
        forge(
            slurm,
            f"{twice}.json",
            text_of("node2:5", twice).replace("], ", '], "targets": ["x:5"], '),
        ): "not as arkouda.sbatch writes",
        forge(slurm, "99999.json", text_of("node1:5556", "99999")): "job 99999 is gone",
        forge(slurm, f"0{mine}.json", text_of("node2:5556", mine)): f"job 0{mine} is gone",
    }
    link = slurm.file(linked)
    slurm.run("ln", "-sfT", honest, link, user="bob")
    removed[link] = "it is a link"
    foreign = forge(slurm, f"{other}.json", text_of("node1:5556", other, cluster="large"))
    kept = [
        honest,
        slurm.file(mine),
        foreign,
        forge(slurm, "notes.json", "notes"),
        forge(slurm, "12a.json", text_of("node1:5556", "12")),
        forge(slurm, ".12.json", text_of("node1:5556", "12")),
        forge(slurm, "12.json\n13.json", text_of("node1:5556", "12")),
    ]
    by_hand = slurm.targets / "90007.json"
    by_hand.write_text("[]")
    pipe = slurm.targets / "90008.json"
    slurm.run("mkfifo", pipe, user="bob")

    done = clean(slurm, "--settled=0")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    for path, why in removed.items():
        assert not os.path.lexists(path), path
        assert [
            line for line in lines if line.startswith(f"Removed {path}: ") and why in line
        ], lines
    assert len(lines) == len(removed), lines
    for path in [*kept, by_hand, pipe]:
        assert os.path.lexists(path), path
    assert done.stderr.count("\n") == 1 and "90008.json is not a file" in done.stderr
    for path in (pipe, by_hand):
        path.unlink()

    done = clean(slurm, "--settled=0", "--sole-cluster")
    assert "it names the cluster large, and this is tiny" in done.stdout
    assert not foreign.exists()
    slurm.run("scancel", of_alice, *jobs)
    for job in (of_alice, *jobs):
        await_no_file(slurm, job)
    for path in kept[3:]:
        path.unlink()


def test_the_nodes_domain_is_known_to_the_cleaner(slurm):
    job = slurm.submit("--nodelist=node2", ARKOUDA_JOB_DOMAIN="cluster.example.com")
    entry(slurm, job)
    assert clean(slurm, "--settled=0", "--domain=cluster.example.com").stdout == ""
    done = clean(slurm, "--settled=0", "--domain=example.org")
    assert f"it names node2.cluster.example.com, and job {job} has node2" in done.stdout
    slurm.run("scancel", job)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], "no folder is given"),
        (["--settled=soon", "/"], "--settled is 'soon', expected a number"),
        (["--all", "/"], "--all is unknown, expected arkouda-targets-clean"),
        (["shared"], "shared is not an absolute path"),
        (["/gone"], "/gone is not a folder"),
    ],
)
def test_a_wrong_argument_of_the_cleaner_is_one_line(arguments, expected):
    done = run(CLEAN, *arguments, check=False)
    assert done.returncode == 2
    assert expected in done.stderr and done.stderr.count("\n") == 1


def test_what_a_dead_node_leaves_is_cleaned(slurm, server):
    lost = slurm.submit("--nodelist=node2", "--no-requeue")
    alive = slurm.submit("--nodelist=node1")
    for job in (lost, alive):
        entry(slurm, job)
        await_series(server, job)
    slurm.kill_node("node2")
    assert clean(slurm, "--settled=0").stdout == "", "Slurm does not know yet"
    # As the controller does by itself after SlurmdTimeout.
    slurm.run("scontrol", "update", "NodeName=node2", "State=DOWN", "Reason=no power")
    slurm.await_state(lost, "NODE_FAIL")
    assert slurm.file(lost).exists()

    # One that can't be asked, one that was just started, and odd answers: all files stay.
    slurm.controller.stop()
    done = clean(slurm, "--settled=0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the controller can't be asked, so nothing is removed" in done.stderr
    slurm.controller = slurm.start_controller()
    await_that("it answers", lambda: slurm.run("scontrol", "ping").stdout.count("UP"))
    done = clean(slurm)
    assert done.returncode == 0 and "less than 600 s: nothing is removed yet" in done.stdout
    assert slurm.file(lost).exists() and slurm.file(alive).exists()
    tools = slurm.folder / "odd"
    tools.mkdir()
    for answer in ("error: something", "17|20001|alice|RUNNING"):
        write_script(slurm, "odd/squeue", f"#!/bin/sh\necho '{answer}'\n")
        done = clean(slurm, "--settled=0", env={"PATH": f"{tools}:{os.environ['PATH']}"})
        assert (
            done.returncode == 1
            and f"an odd answer, so nothing is removed: {answer}" in done.stderr
        )
    assert slurm.file(lost).exists() and slurm.file(alive).exists()

    # Variables of squeue's don't hide jobs from it.
    done = clean(slurm, "--settled=0", env={"SQUEUE_STATES": "PENDING", "SQUEUE_USERS": "bob"})
    assert done.stdout == f"Removed {slurm.file(lost)}: job {lost} is gone\n"
    assert slurm.file(alive).exists()
    await_no_series(server, lost)
    await_series(server, alive)
    slurm.run("scancel", alive)
    await_no_file(slurm, alive)


def test_time_limits_take_a_job_off_the_list(slurm, server, timed_jobs):
    told, limited = timed_jobs
    slurm.await_state(told, "COMPLETED", seconds=120)
    assert "told to end" in slurm.output(told) and '"most_waiting"' in slurm.output(told)
    slurm.await_state(limited, "TIMEOUT", seconds=120)
    await_that("it was told", lambda: "told to end" in slurm.output(limited), 60)
    for job in timed_jobs:
        assert "registered node" in slurm.output(job)
        await_no_file(slurm, job)
        await_no_series(server, job)
