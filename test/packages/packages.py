"""The packages, as deploy/packages/build.sh makes them, and the roots that they are put into."""

import contextlib
import os
import pathlib
import platform
import re
import tempfile

from images import built, debian
from support import ROOT, SIMULATOR, process, run

NAME = "prometheus-arkouda-exporter"
VERSION = re.search(r"^  VERSION ([0-9.]+)$", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
OWN, OTHER = {"x86_64": ("amd64", "arm64"), "aarch64": ("arm64", "amd64")}[platform.machine()]
SUITES = {"bookworm": 12, "trixie": 13}


def build(dist, *arguments, source=ROOT, check=True, **variables):
    """The packages of a folder, in another one."""
    image = debian("bookworm")
    # Made here or pulled, they are called alike.
    assert debian("trixie") == image.replace("bookworm", "trixie")
    prefix = image.partition(":")[0]
    env = {**os.environ, "DIST": str(dist), "DEBIAN": prefix, "BUILDER": "buildah", **variables}
    script = source / "deploy" / "packages" / "build.sh"
    return run("sh", script, *arguments, env=env, check=check, timeout=2400)


def archive(architecture=OWN):
    return f"{NAME}-{VERSION}.linux-{architecture}.tar.gz"


def deb(suite, architecture=OWN):
    return f"{NAME}_{VERSION}+deb{SUITES[suite]}u1_{architecture}.deb"


def rpm(architecture=OWN):
    return f"{NAME}-{VERSION}-1.{dict(amd64='x86_64', arm64='aarch64')[architecture]}.rpm"


BUSYBOX = """ARG BASE
FROM ${BASE} AS debian
RUN apt-get update && apt-get install -y --no-install-recommends busybox-static
FROM scratch
COPY --from=debian /bin/busybox /bin/busybox
RUN ["/bin/busybox", "--install", "/bin"]
"""


def busybox():
    """An image with busybox alone: no /etc, no libraries, no loader, no time zones, no /tmp."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "Containerfile").write_text(BUSYBOX)
        return built("busybox", pathlib.Path(folder), base=debian())


class Container:
    """A root file system that runs, with a loopback of its own and nothing else of a network."""

    def __init__(self, stack, image, *options, command=("sleep", "infinity")):
        limits = ["--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096"]
        start = ["podman", "run", "--detach", "--network=none", *limits, *options]
        self.name = run(*start, image, *command).stdout.strip()
        stack.callback(run, "podman", "rm", "--force", "--time=0", self.name)
        inspect = ["podman", "inspect", "--format={{.State.Pid}}", self.name]
        self.pid = int(run(*inspect).stdout)

    def run(self, *command, user="65534:65534", folder="/", env=(), **kwargs):
        settings = [f"--env={setting}" for setting in env]
        words = ["podman", "exec", f"--user={user}", f"--workdir={folder}", *settings]
        return run(*words, self.name, *command, **kwargs)

    def on_loopback(self, *command):
        """A command of this machine with the container's network."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command]

    @contextlib.contextmanager
    def arkouda(self, folder, port=5556):
        command = self.on_loopback(SIMULATOR, "--listen", f"127.0.0.1:{port}")
        with process(command, folder / "arkouda.log") as running:
            running.await_line("listening on ")
            yield running
