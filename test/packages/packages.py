"""The packages, as deploy/packages/build.sh makes them."""

import os
import pathlib
import platform
import re
import tempfile

from images import built, debian
from support import ROOT, run

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
