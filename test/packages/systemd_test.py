"""The units of deploy/packages/systemd under a real systemd, with what docs/systemd.md says to do."""

import contextlib
import ctypes
import os
import pathlib
import re
import signal

import pytest

from conftest import UNITS
from support import ROOT, await_that, run

NAME = "prometheus-arkouda-exporter"
SERVICE = f"{NAME}.service"
SOCKET = f"{NAME}.socket"
ONCE = f"{NAME}-once.service"
TIMER = f"{NAME}-once.timer"
DEFAULTS = f"/etc/default/{NAME}"
URL = "http://127.0.0.1:5080"
PAGE = "/var/lib/prometheus/node-exporter/arkouda.prom"
DOCUMENT = (ROOT / "docs" / "systemd.md").read_text()


def documented(path):
    """The file of the document that begins with its own path."""
    (text,) = re.findall(rf"^```ini\n# {re.escape(path)}\n(.*?)^```$", DOCUMENT, re.M | re.S)
    return text


def set_arguments(machine, arguments):
    """In the file as it is installed, where an administrator does."""
    text = machine.run("cat", DEFAULTS).stdout
    assert 'ARGS=""\n' in text
    machine.write(DEFAULTS, text.replace('ARGS=""\n', f'ARGS="{arguments}"\n'))


def add_file(machine, path, text):
    machine.write(path, text)
    machine.systemctl("daemon-reload")


def drop_in(unit, name="test"):
    return f"/etc/systemd/system/{unit}.d/{name}.conf"


def main_pid(machine, unit=SERVICE):
    return machine.property(unit, "MainPID")


def is_up(machine, url=URL, name="arkouda-metrics"):
    page = machine.get(f"{url}/metrics")
    assert f'arkouda_up{{arkouda_server_name="{name}"}} 1' in page, page[:2000]
    return True


def test_start_returns_when_it_listens_and_the_status_says_who_answers(machine, arkouda):
    set_arguments(machine, "--polling-interval=1s")
    start = f"systemctl start {NAME} && curl -fsS {URL}/-/ready"
    machine.run("sh", "-c", start)
    machine.await_property(SERVICE, "StatusText", "servers: 1 watched, 1 answering")
    assert machine.property(SERVICE, "WatchdogUSec") == "30s"
    assert is_up(machine)
    # Nothing in the file of settings was odd to systemd, and nothing that it did to the exporter.
    assert "level=warn" not in machine.journal(SERVICE)
    assert "gnoring" not in machine.run("journalctl", f"--grep={NAME}").stdout
    arkouda.stop()
    machine.await_property(SERVICE, "StatusText", "servers: 1 watched, 0 answering")
    machine.systemctl("stop", NAME)
    assert machine.property(SERVICE, "Result") == "success"
    assert "msg=stopping signal=SIGTERM" in machine.journal(SERVICE)


def test_arguments_are_split_at_blanks_alone(machine, arkouda):
    machine.write("/srv/targets/one.json", '[{"targets": ["127.0.0.1:5556"]}]')
    flags = "--arkouda.host=127.0.0.1 --arkouda.server-name='Lab 3'"
    set_arguments(machine, f"{flags} --arkouda.targets-file=/srv/targets-*.json")
    machine.systemctl("start", NAME)
    await_that("it is up", lambda: is_up(machine, name="Lab 3"))
    assert "pattern=/srv/targets-*.json" in machine.journal(SERVICE)


def test_variables_stand_in_the_file_of_settings_too(machine, arkouda):
    with_variable = machine.run("cat", DEFAULTS).stdout + "ARKOUDA_METRICS_SERVER_NAME=named\n"
    machine.write(DEFAULTS, with_variable)
    machine.systemctl("start", NAME)
    await_that("it is up", lambda: is_up(machine, name="named"))


def test_without_the_file_of_settings_it_runs_with_defaults(machine, arkouda):
    machine.run("rm", DEFAULTS)
    machine.systemctl("start", NAME)
    await_that("it is up", lambda: is_up(machine))


def test_a_setting_that_cant_be_used_fails_once_and_is_named(machine):
    set_arguments(machine, "--arkouda.port=many")
    assert machine.systemctl("start", NAME, check=False).returncode != 0
    # Where it is to be started again, the state is activating.
    assert machine.property(SERVICE, "ActiveState") == "failed"
    assert machine.property(SERVICE, "ExecMainStatus") == "2"
    assert '--arkouda.port="many": expected' in machine.journal(SERVICE)
    assert '--arkouda.port="many": expected' in status(machine, NAME)


def status(machine, unit):
    return machine.systemctl("status", "--lines=20", "--full", unit, check=False).stdout


def test_what_may_be_better_next_time_is_tried_again(machine):
    add_file(machine, drop_in(SERVICE), "[Service]\nRestartSec=100ms\n")
    machine.systemctl("start", NAME)
    before = main_pid(machine)
    os.kill(in_this_namespace(machine, before), signal.SIGKILL)
    machine.await_property(SERVICE, "NRestarts", "1")
    machine.await_property(SERVICE, "ActiveState", "active")
    assert main_pid(machine) != before


def in_this_namespace(machine, pid):
    """The id by which the test knows a process of the machine."""
    for path in pathlib.Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found = re.search(r"^NSpid:\t(\d+)\t(?:\d+\t)*(\d+)$", path.read_text(), re.M)
            is_there = found and found[2] == pid
            if is_there and os.readlink(path.parent / "ns/pid") == os.readlink(
                f"/proc/{machine.pid}/ns/pid"
            ):
                return int(found[1])
    raise AssertionError(f"the machine has no process {pid}")


PTRACE_ATTACH = 16
WALL = 0x40000000  # __WALL: also threads


def test_a_poll_loop_that_hangs_is_restarted(machine, arkouda):
    add_file(machine, drop_in(SERVICE), "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n")
    machine.systemctl("start", NAME)
    await_that("it is up", lambda: is_up(machine))
    before = main_pid(machine)
    tasks = pathlib.Path(f"/proc/{in_this_namespace(machine, before)}/task")
    # The first waits for signals, libzmq names its own, and the loop is started after the HTTP server.
    own = [task for task in tasks.iterdir() if not (task / "comm").read_text().startswith("ZMQ")]
    loop = max(int(task.name) for task in own)
    # From here on the loop stands still, until it ends.
    assert ctypes.CDLL(None).ptrace(PTRACE_ATTACH, loop, None, None) == 0
    assert machine.get(f"{URL}/-/ready"), "HTTP goes on"

    def has_ended():
        thread, how = os.waitpid(loop, WALL | os.WNOHANG)
        return thread == loop and not os.WIFSTOPPED(how)

    await_that("the watchdog ends it", has_ended, 30)
    machine.await_property(SERVICE, "NRestarts", "1")
    machine.await_property(SERVICE, "ActiveState", "active")
    assert main_pid(machine) != before
    assert "Watchdog timeout" in machine.journal(SERVICE)
    await_that("it is up again", lambda: is_up(machine))


def test_reload_has_files_read_and_ends(machine):
    machine.write("/srv/targets.json", "[]")
    set_arguments(machine, "--arkouda.targets-file=/srv/targets.json")
    machine.systemctl("start", NAME)
    before = main_pid(machine)
    machine.systemctl("reload", NAME)
    await_that(
        "files are read again",
        lambda: 'msg="reading the targets files again" why=SIGHUP' in machine.journal(SERVICE),
    )
    machine.await_property(SERVICE, "ActiveState", "active")
    assert main_pid(machine) == before


def test_a_socket_alone_starts_it_and_refuses_nobody_while_it_restarts(machine):
    machine.systemctl("enable", "--now", SOCKET)
    assert machine.property(SERVICE, "ActiveState") == "inactive"
    assert machine.get(f"{URL}/-/ready")
    before = main_pid(machine)
    assert before != "0"
    machine.systemctl("stop", SERVICE)
    asked = machine.get(f"{URL}/-/ready")
    assert asked and main_pid(machine) != before
    again = 'systemctl restart --no-block "$1" && for i in 1 2 3 4 5 6 7 8; do curl -fsS "$2"; done'
    machine.run("sh", "-c", again, "sh", SERVICE, f"{URL}/-/ready")
    assert "sockets of systemd" in machine.get(f"{URL}/")


def test_an_address_beside_the_socket_is_refused_and_named(machine):
    set_arguments(machine, "--web.listen-address=127.0.0.1:5080")
    machine.systemctl("start", SOCKET)
    assert machine.systemctl("start", SERVICE, check=False).returncode != 0
    assert "ListenStream= of the .socket unit says where to listen" in status(machine, NAME)


def test_a_socket_whose_service_runs_already_is_refused(machine):
    machine.systemctl("start", SERVICE)
    assert machine.systemctl("start", SOCKET, check=False).returncode != 0
    (said,) = re.findall("`(Socket service [^`]*)`", DOCUMENT)
    assert said in machine.journal(SOCKET)
    machine.get(f"{URL}/-/ready")


def test_a_socket_may_have_a_port_that_the_exporter_may_not(machine):
    path = f"/etc/systemd/system/{SOCKET}.d/address.conf"
    add_file(machine, path, documented(path))
    machine.systemctl("start", SOCKET)
    machine.get("http://127.0.0.1:443/-/ready")
    assert machine.run("curl", "-fsS", f"{URL}/-/ready", check=False).returncode != 0


def test_it_runs_without_any_privilege(machine, arkouda):
    machine.systemctl("start", NAME)
    await_that("it is up", lambda: is_up(machine))
    process = pathlib.Path(f"/proc/{in_this_namespace(machine, main_pid(machine))}")
    facts = dict(re.findall(r"^(\w+):\s*(.*)$", (process / "status").read_text(), re.M))
    assert 61184 <= int(facts["Uid"].split()[0]) <= 65519, "a user that systemd has just made"
    assert [facts[name] for name in ("CapEff", "CapPrm", "CapBnd")] == ["0" * 16] * 3
    assert facts["NoNewPrivs"] == "1" and facts["Seccomp"] == "2"
    mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
    at = {mount[4]: mount[5] for mount in mounts}
    assert at["/"].startswith("ro")
    inside = ["nsenter", f"--target={process.name}", "--mount", "--root", "sh", "-c"]
    for path in ("/etc", "/var/lib", "/home", "/srv"):
        assert run(*inside, f"touch {path}/test", check=False).returncode != 0, path
    assert "process_start_time_seconds" in machine.get(f"{URL}/metrics")


def test_it_sees_whose_a_targets_file_is(machine, arkouda):
    machine.run("useradd", "--user-group", "alice")
    target = '[{"targets": ["127.0.0.1:5556"], "labels": {"owner": "%s"}}]'
    machine.write("/srv/shared/good.json", target % "alice", owner="alice:alice")
    machine.write("/srv/shared/bad.json", target % "bob", owner="alice:alice")
    flags = "--arkouda.targets-file=/srv/shared/*.json --arkouda.targets-owner-label=owner"
    set_arguments(machine, flags)
    try:
        machine.systemctl("start", NAME)
        page = machine.get(f"{URL}/metrics")
        assert 'owner="alice"' in page and 'owner="bob"' not in page
    finally:
        machine.run("userdel", "alice")


def make_certificate(folder, name):
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", key, "-out", certificate]
    run("openssl", "req", "-x509", "-days", "2", *curve, *subject, *files)
    return certificate.read_text(), key.read_text()


def certificate_served(machine):
    """The name in it."""
    url = "https://127.0.0.1:5080/-/ready"
    done = machine.run("curl", "-sSvk", "--fail", url)
    return re.search(r"subject: CN ?= ?(\S+)", done.stderr)[1]


WEB_CONFIG = "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n"


def test_a_group_lets_it_read_a_key_and_what_that_is_renewed_to(machine, tmp_path):
    folder = "/etc/prometheus-arkouda-exporter"
    machine.run("groupadd", "--system", "arkouda-secrets")
    whose = {"mode": "640", "owner": "root:arkouda-secrets"}

    def install(name):
        certificate, key = make_certificate(tmp_path, name)
        machine.write(f"{folder}/tls.key", key, **whose)
        machine.write(f"{folder}/tls.crt", certificate, **whose)

    machine.write(f"{folder}/web.yml", WEB_CONFIG, **whose)
    install("first")
    path = drop_in(SERVICE, "secrets")
    add_file(machine, path, documented(path))
    try:
        machine.systemctl("start", NAME)
        assert certificate_served(machine) == "first"
        install("second")
        await_that("it is renewed", lambda: certificate_served(machine) == "second", 20)
    finally:
        machine.run("groupdel", "arkouda-secrets")


def test_a_key_that_it_may_not_read_is_named(machine, tmp_path):
    certificate, key = make_certificate(tmp_path, "first")
    folder = "/etc/prometheus-arkouda-exporter"
    machine.write(f"{folder}/tls.key", key, mode="600")
    machine.write(f"{folder}/tls.crt", certificate)
    machine.write(f"{folder}/web.yml", WEB_CONFIG)
    set_arguments(machine, f"--web.config.file={folder}/web.yml")
    assert machine.systemctl("start", NAME, check=False).returncode != 0
    assert f"{folder}/tls.key" in status(machine, NAME)
    assert machine.property(SERVICE, "ActiveState") == "failed"


def test_instances_have_settings_of_their_own(machine, tmp_path):
    with machine.arkouda(tmp_path, port=5601), machine.arkouda(tmp_path, port=5602):
        for number in (1, 2):
            flags = f"--arkouda.port=560{number} --arkouda.server-name=lab{number}"
            text = f'ARGS="{flags} --web.listen-address=:508{number}"\n'
            machine.write(f"{DEFAULTS}@lab{number}", text)
        machine.systemctl("start", f"{NAME}@lab1", f"{NAME}@lab2")
        for number in (1, 2):
            url, name = f"http://127.0.0.1:508{number}", f"lab{number}"
            await_that(f"{name} is up", lambda: is_up(machine, url, name))
        assert main_pid(machine) == "0"


def test_an_instance_without_its_file_is_refused_and_the_file_named(machine):
    assert machine.systemctl("start", f"{NAME}@lab", check=False).returncode != 0
    said = rf"Assertion failed for .*{re.escape(DEFAULTS)}@lab\b"
    assert re.search(said, status(machine, f"{NAME}@lab"))


def test_the_timer_writes_a_page_that_node_exporter_serves(machine, arkouda):
    set_arguments(machine, "--arkouda.server-name=timed")
    add_file(machine, drop_in(TIMER), "[Timer]\nOnCalendar=*:*:*\n")
    machine.systemctl("start", TIMER)

    def page():
        return machine.run("setpriv", "--reuid=prometheus", "--clear-groups", "cat", PAGE)

    await_that("the timer has written it", lambda: page().stdout, 20)
    text = page().stdout
    assert 'arkouda_up{arkouda_server_name="timed"} 1' in text
    assert 'polling_interval_seconds{arkouda_server_name="timed"} 60' in text
    machine.systemctl("start", "prometheus-node-exporter")
    served = await_that("node_exporter", lambda: machine.get("http://127.0.0.1:9100/metrics"))
    assert 'arkouda_up{arkouda_server_name="timed"} 1' in served
    assert "node_textfile_scrape_error 0" in served


def test_the_page_says_that_nobody_answers_and_so_does_the_unit(machine):
    set_arguments(machine, "--arkouda.timeout=1s")
    assert machine.systemctl("start", ONCE, check=False).returncode != 0
    assert machine.property(ONCE, "ExecMainStatus") == "1"
    assert 'arkouda_up{arkouda_server_name="arkouda-metrics"} 0' in machine.run("cat", PAGE).stdout


def test_the_page_may_be_in_another_folder(machine, arkouda):
    machine.run("mkdir", "-p", "/srv/textfile")
    path = drop_in(ONCE, "folder")
    add_file(machine, path, documented(path))
    machine.systemctl("start", ONCE)
    assert "arkouda_up" in machine.run("cat", "/srv/textfile/arkouda.prom").stdout


UNIT_FILES = sorted(path.name for path in UNITS.iterdir() if path.is_file())


@pytest.mark.parametrize("unit", UNIT_FILES)
def test_systemd_finds_nothing_wrong_with_a_unit(machine, unit):
    unit = unit.replace("@", "@x")
    done = machine.run("systemd-analyze", "verify", "--man=no", unit)
    assert NAME not in done.stdout + done.stderr and "10-sandbox" not in done.stderr, done.stderr


@pytest.mark.parametrize("unit", [unit for unit in UNIT_FILES if unit.endswith(".service")])
def test_a_service_is_exposed_little(machine, unit):
    path = f"/usr/lib/systemd/system/{unit}"
    done = machine.run("systemd-analyze", "security", "--offline=true", "--threshold=15", path)
    assert "Overall exposure level" in done.stdout


def test_what_is_enabled_is_there_after_a_reboot(machine):
    machine.write(f"{DEFAULTS}@lab", 'ARGS="--web.listen-address=:5081"\n')
    machine.systemctl("enable", SERVICE, f"{NAME}@lab", TIMER)
    machine.reboot()
    for url in (URL, "http://127.0.0.1:5081"):
        machine.get(f"{url}/-/ready")
    assert machine.property(TIMER, "ActiveState") == "active"
