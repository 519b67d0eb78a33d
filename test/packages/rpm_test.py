"""The RPM package: in an empty root by Debian's rpm, and under a real systemd."""

import contextlib
import re

import pytest

import machine
from conftest import UNITS, files_below
from container import System
from packages import NAME, VERSION, busybox, rpm
from support import run

SERVICE = f"{NAME}.service"
CONFIGURATION = f"/etc/default/{NAME}"
URL = "http://127.0.0.1:5080"


@pytest.fixture(scope="module")
def package(dist):
    return dist / rpm()


def query(package, form):
    return run("rpm", "--query", "--package", f"--queryformat={form}", package).stdout


def test_it_says_what_it_is(package):
    assert query(package, "%{NAME} %{VERSION}-%{RELEASE} %{LICENSE} %{OS}") == (
        f"{NAME} {VERSION}-1 MIT linux"
    )
    needs = set(run("rpm", "--query", "--package", "--requires", package).stdout.splitlines())
    # What rpm itself has to know for what is in it: all of them are known since RHEL 7.
    known = {"rpmlib(CompressedFileNames) <= 3.0.4-1", "rpmlib(FileDigests) <= 4.6.0-1"}
    known |= {"rpmlib(PayloadFilesHavePrefix) <= 4.0-1", "rpmlib(PayloadIsXz) <= 5.2-1"}
    assert {need for need in needs if need.startswith("rpmlib")} <= known
    assert {need for need in needs if not need.startswith("rpmlib")} == {"/bin/sh", "systemd"}


@pytest.fixture(scope="module")
def root(package, tmp_path_factory):
    """An empty one, with busybox for the scripts."""
    root = tmp_path_factory.mktemp("root")
    root.chmod(0o755)
    with contextlib.ExitStack() as stack:
        container = System(stack, busybox())
        run("podman", "cp", f"{container.name}:/bin", root)
    run("rpm", f"--root={root}", "--initdb")
    # Debian's rpm wants to be told that this is not about Debian.
    done = run("rpm", f"--root={root}", "--force-debian", "--install", "--nodeps", package)
    assert done.stdout + done.stderr == ""
    return root


def test_it_runs_in_an_empty_root(root):
    version = run("chroot", "--userspec=65534:65534", root, f"/usr/bin/{NAME}", "--version").stdout
    assert version.startswith(f"{NAME} {VERSION} (revision ")


def test_its_files_are_as_they_were_built(root):
    assert run("rpm", f"--root={root}", "--verify", "--nodeps", NAME).stdout == ""
    listing = run("find", root / "usr", root / "etc", "!", "-type", "l", "-printf", "%M %u %g %P\n")
    for line in listing.stdout.splitlines():
        assert re.match(r"[d-]r[w-][x-]r-[x-]r-[x-] root root ", line), line
    for path in (
        f"usr/lib/systemd/system/{SERVICE}",
        f"usr/lib/systemd/system/{NAME}@.service",
        f"usr/lib/systemd/system/{NAME}.socket",
        f"usr/lib/systemd/system/{NAME}-once.timer",
        f"usr/share/man/man1/{NAME}.1.gz",
        f"usr/share/bash-completion/completions/{NAME}",
        f"usr/share/licenses/{NAME}/libzmq5",
    ):
        assert (root / path).is_file(), path
    owned = run("rpm", f"--root={root}", "--query", "--configfiles", NAME).stdout
    assert owned == f"{CONFIGURATION}\n"


def test_its_units_are_those_that_were_tried(root):
    """By systemd_test.py."""
    folder = root / "usr" / "lib" / "systemd" / "system"
    shipped = {path.relative_to(folder): path.read_text() for path in files_below(folder)}
    assert shipped == {path.relative_to(UNITS): path.read_text() for path in files_below(UNITS)}


@pytest.fixture(scope="module")
def rpm_machine():
    with contextlib.ExitStack() as stack:
        yield machine.Machine(stack, machine.image(["rpm"], "machine-rpm"))


def test_its_scripts_enable_restart_and_stop_the_service(rpm_machine, package, tmp_path):
    machine = rpm_machine
    machine.copy(package, f"/var/tmp/{package.name}")
    installed = machine.run(
        "rpm", "--force-debian", "--install", "--nodeps", f"/var/tmp/{package.name}"
    )
    assert installed.stdout + installed.stderr == ""
    # What is enabled is the distribution's decision: Debian's presets enable all, RHEL's none.
    assert machine.property(SERVICE, "UnitFileState") == "enabled"
    assert machine.property(SERVICE, "ActiveState") == "inactive"
    with machine.arkouda(tmp_path):
        machine.systemctl("start", SERVICE)
        up = machine.run(
            "curl", "-fsS", "--retry", "20", "--retry-all-errors", f"{URL}/metrics"
        ).stdout
        assert "arkouda_exporter_build_info" in up
        machine.run("sed", "-i", 's/^ARGS=""/ARGS="--polling-interval=1s"/', CONFIGURATION)
        first = machine.property(SERVICE, "MainPID")
        machine.run(
            "rpm", "--force-debian", "--upgrade", "--force", "--nodeps", f"/var/tmp/{package.name}"
        )
        assert machine.property(SERVICE, "ActiveState") == "active"
        assert machine.property(SERVICE, "MainPID") != first
        assert '"--polling-interval=1s"' in machine.run("cat", CONFIGURATION).stdout
    machine.run("rpm", "--erase", NAME)
    assert machine.property(SERVICE, "ActiveState") == "inactive"
    assert machine.run("pgrep", "-f", f"/usr/lib/{NAME}", check=False).stdout == ""
    assert machine.run("ls", f"/usr/lib/{NAME}", check=False).returncode != 0
    # What was changed is kept under another name, as rpm does.
    kept = machine.run("cat", f"{CONFIGURATION}.rpmsave").stdout
    assert '"--polling-interval=1s"' in kept
