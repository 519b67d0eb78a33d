"""The Debian package, in the Debian that it is for, under a real systemd."""

import contextlib
import re

import pytest

import machine
from conftest import UNITS, files_below
from packages import NAME, SUITES, VERSION, deb
from support import run

SERVICE = f"{NAME}.service"
DEFAULTS = f"/etc/default/{NAME}"
URL = "http://127.0.0.1:5080"
PAGE = 'arkouda_up{arkouda_server_name="arkouda-metrics"} 1'


def fields(package, *names):
    return run("dpkg-deb", "--field", package, *names).stdout.strip()


def dependencies(package):
    """The names of the packages that it depends on."""
    return sorted(re.findall(r"(?:^|, )([a-z0-9][a-z0-9.+-]+)", fields(package, "Depends")))


@pytest.fixture(scope="module", params=SUITES)
def suite(request):
    return request.param


@pytest.fixture(scope="module")
def package(suite, dist):
    return dist / deb(suite)


@pytest.fixture(scope="module")
def debian_machine(suite, package):
    """With what the package depends on, and without the package."""
    with contextlib.ExitStack() as stack:
        image = machine.image(dependencies(package), f"machine-{suite}", suite)
        yield machine.Machine(stack, image)


def newer(package, folder):
    """The same as a later version, whose configuration has another comment."""
    tree = folder / "tree"
    run("dpkg-deb", "--raw-extract", package, tree)
    for path, old, new in (
        (tree / "DEBIAN" / "control", f"Version: {VERSION}+", f"Version: {VERSION}+later+"),
        (tree / "etc" / "default" / NAME, "\n", "\n# Of the later version.\n"),
    ):
        path.write_text(path.read_text().replace(old, new, 1))
    later = folder / "later.deb"
    run("dpkg-deb", "--root-owner-group", "--build", tree, later)
    return later


def install(machine, package):
    machine.copy(package, "/var/tmp/package.deb")
    # What is asked of an administrator about changed configuration is answered as by default: it stays.
    machine.run("dpkg", "--install", "--force-confdef", "--force-confold", "/var/tmp/package.deb")


def traces(machine):
    """What there is of the package outside of dpkg's own lists."""
    folders = ["/etc", "/usr", "/var/lib/systemd", "/run/systemd"]
    found = machine.run("find", *folders, "-name", f"*{NAME.removesuffix('-exporter')}*")
    return found.stdout


INSTANCE = f"/etc/default/{NAME}@other"


def start_more(machine):
    """The units that an administrator may have chosen beside the service."""
    machine.write(INSTANCE, 'ARGS="--web.listen-address=:5098"\n')
    units = [f"{NAME}@other.service", f"{NAME}-once.timer"]
    machine.systemctl("enable", "--now", *units)
    return units


def test_it_is_installed_upgraded_removed_and_purged(debian_machine, package, tmp_path):
    machine = debian_machine
    with machine.arkouda(tmp_path):
        install(machine, package)
        assert machine.property(SERVICE, "ActiveState") == "active"
        assert machine.property(SERVICE, "UnitFileState") == "enabled"
        page = f"curl -fsS --retry 20 --retry-all-errors --retry-delay 1 {URL}/metrics | grep ^arkouda_up"
        assert PAGE in machine.run("sh", "-c", page).stdout
        for unit in (f"{NAME}.socket", f"{NAME}-once.timer"):
            assert machine.property(unit, "UnitFileState") == "disabled"
            assert machine.property(unit, "ActiveState") == "inactive"
        # These are the units that systemd_test.py tries.
        for path in files_below(UNITS):
            shipped = machine.run(
                "cat", f"/usr/lib/systemd/system/{path.relative_to(UNITS)}"
            ).stdout
            assert shipped == path.read_text()

        text = machine.run("cat", DEFAULTS).stdout
        assert 'ARGS=""\n' in text
        changed = text.replace('ARGS=""\n', 'ARGS="--web.listen-address=:5099"\n')
        machine.write(DEFAULTS, changed)
        first = machine.property(SERVICE, "MainPID")
        install(machine, newer(package, tmp_path))
        assert machine.run("cat", DEFAULTS).stdout == changed
        assert machine.property(SERVICE, "ActiveState") == "active"
        assert machine.property(SERVICE, "MainPID") != first
        assert "build_info" in machine.get("http://127.0.0.1:5099/metrics")

    more = start_more(machine)
    machine.run("dpkg", "--remove", NAME)
    assert {machine.property(unit, "ActiveState") for unit in more} == {"inactive"}
    assert machine.run("cat", DEFAULTS).stdout == changed
    assert machine.run("pgrep", "-f", NAME, check=False).stdout == ""
    assert machine.property(SERVICE, "LoadState") in ("not-found", "masked")
    machine.run("rm", INSTANCE)
    machine.run("dpkg", "--purge", NAME)
    assert traces(machine) == ""
    assert machine.run("dpkg-query", "--status", NAME, check=False).returncode == 1


def test_a_stopped_service_is_not_started_by_an_upgrade(debian_machine, package, tmp_path):
    machine = debian_machine
    install(machine, package)
    machine.systemctl("disable", "--now", SERVICE)
    install(machine, newer(package, tmp_path))
    assert machine.property(SERVICE, "ActiveState") == "inactive"
    assert machine.property(SERVICE, "UnitFileState") == "disabled"
    machine.run("dpkg", "--purge", NAME)


def test_its_fields_say_what_it_is(package, suite):
    assert fields(package, "Version") == f"{VERSION}+deb{SUITES[suite]}u1"
    depends = dependencies(package)
    assert "tzdata" in depends and any(name.startswith("libzmq5") for name in depends)
