"""A machine for the tests: a Debian whose first process is systemd, in a container with a loopback of its own."""

import pathlib
import tempfile

from container import Container
from images import built, debian
from support import await_that, run

PACKAGES = ["systemd", "systemd-sysv", "dbus", "curl", "tzdata", "prometheus-node-exporter"]


def image(packages=(), name="machine", suite="bookworm"):
    """Of a Debian with these packages beside those that every test needs; one for each name is kept."""
    with tempfile.TemporaryDirectory() as folder:
        names = pathlib.Path(folder, "packages")
        names.write_text("\n".join([*PACKAGES, *packages]) + "\n")
        folder = pathlib.Path(__file__).parent / "machine"
        return built(name, folder, names, base=debian(suite))


class Machine(Container):
    def __init__(self, stack, image):
        super().__init__(stack, image, "--privileged", "--systemd=always")
        self.await_boot()

    def await_boot(self):
        def state():
            return self.run("systemctl", "is-system-running", check=False).stdout.strip()

        await_that("the machine is up", lambda: state() in ("running", "degraded"), 60)

    def reboot(self):
        run("podman", "restart", "--time=20", self.name)
        self.find_pid()
        self.await_boot()

    def run(self, *command, **kwargs):
        """A command on the machine, as root."""
        enter = ["nsenter", f"--target={self.pid}", "--all", "--root"]
        clean = ["env", "-i", "--chdir=/", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        return run(*enter, *clean, *command, **kwargs)

    def write(self, path, text, mode="644", owner="root:root"):
        """A file with this text, and its folders."""
        script = 'mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1" && chown "$3" "$1"'
        self.run("sh", "-c", script, "sh", path, mode, owner, stdin=text)

    def copy(self, source, path):
        """A file, or a folder with all in it, from here to there, with its modes."""
        self.run("mkdir", "-p", pathlib.Path(path).parent)
        run("podman", "cp", source, f"{self.name}:{path}")

    def systemctl(self, *arguments, **kwargs):
        return self.run("systemctl", *arguments, **kwargs)

    def property(self, unit, name):
        return self.systemctl("show", "--property", name, "--value", unit).stdout.strip()

    def await_property(self, unit, name, value, seconds=30):
        def holds():
            found = self.property(unit, name)
            assert found == value, f"it is {found!r}\n{self.journal(unit)}"
            return True

        await_that(f"{name} of {unit} is {value!r}", holds, seconds)

    def journal(self, unit):
        """What the unit's processes, and systemd of the unit, have said."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--output=cat", "--unit", unit).stdout

    def get(self, url, *options):
        """What curl gets there, which must be an answer of status 200."""
        return self.run("curl", "-fsS", *options, url).stdout
