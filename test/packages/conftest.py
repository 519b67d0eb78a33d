import contextlib
import os
import pathlib
import re
import sys

import pytest

# What these tests share with those of the manifests: processes, images.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from machine import Machine, image
from packages import build
from support import EXPORTER, RELEASE, ROOT, run

UNITS = ROOT / "deploy" / "packages" / "systemd"


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def packages_of(program):
    """The Debian packages of the libraries that it loads."""
    paths = re.findall(r"=> (/\S+)", run("ldd", program).stdout)
    # dpkg knows a file by the place that its package names, which is a link to the other or its target.
    both = [*paths, *(f"/usr{path}" for path in paths)]
    found = run("dpkg-query", "--search", *both, check=False).stdout
    names = sorted({line.partition(":")[0] for line in found.splitlines()})
    assert names, "dpkg knows none of its libraries"
    return names


def install(machine):
    """As the packages do."""
    machine.copy(EXPORTER, "/usr/bin/prometheus-arkouda-exporter")
    for path in sorted(UNITS.iterdir()):
        machine.copy(path, f"/usr/lib/systemd/system/{path.name}")
    defaults = RELEASE / "exporter" / "documents" / "prometheus-arkouda-exporter.default"
    machine.copy(defaults, "/etc/default/prometheus-arkouda-exporter")
    machine.systemctl("daemon-reload")


@pytest.fixture(scope="session")
def built_packages(tmp_path_factory):
    """The folder with all packages, which lintian and the unit tests have nothing against, and what was said."""
    if "PACKAGES" in os.environ:
        return pathlib.Path(os.environ["PACKAGES"]).resolve(), None
    dist = tmp_path_factory.mktemp("packages") / "dist"
    return dist, build(dist, "--check", "--force").stdout


@pytest.fixture(scope="session")
def dist(built_packages):
    return built_packages[0]


@pytest.fixture(scope="session")
def build_log(built_packages):
    if built_packages[1] is None:
        pytest.skip("PACKAGES says that they were built before, so nothing was said of it")
    return built_packages[1]


@pytest.fixture(scope="session")
def installed():
    """A machine with the exporter, for all tests of a run."""
    with contextlib.ExitStack() as stack:
        machine = Machine(stack, image(packages_of(EXPORTER)))
        install(machine)
        yield machine


@pytest.fixture
def machine(installed):
    """The same, with no unit started or enabled, and files as they were installed."""
    keep = "/etc/default/prometheus-arkouda-exporter"
    installed.run("cp", "-a", keep, "/var/tmp/default")
    yield installed
    units = [path.name for path in UNITS.iterdir() if path.is_file() and "@" not in path.name]
    units.append("prometheus-arkouda-exporter@*")
    installed.systemctl("stop", *sorted(units, key=lambda name: name.endswith(".service")))
    installed.systemctl("disable", "--quiet", *units[:-1])
    changed = "rm -rf /etc/systemd/system/prometheus-arkouda-* /etc/prometheus-arkouda-exporter"
    changed += f" {keep}* && mv /var/tmp/default {keep}"
    changed += " && find /etc/systemd/system -name 'prometheus-arkouda-*' -delete"
    changed += " && rm -f /var/lib/prometheus/node-exporter/arkouda.prom"
    installed.run("sh", "-c", changed)
    installed.systemctl("daemon-reload")
    installed.systemctl("reset-failed")


@pytest.fixture
def arkouda(machine, tmp_path):
    with machine.arkouda(tmp_path) as running:
        yield running
