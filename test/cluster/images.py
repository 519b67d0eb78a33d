"""The container images of the tests, in podman's storage, and as archives that a node takes. Each is built
once, and again when what it is made of has changed."""

import fcntl
import functools
import hashlib
import os
import pathlib
import shutil
import tempfile

from support import ROOT, SIMULATOR, run, tool

FOLDER = ROOT / "build" / "images"
REGISTRY = "localhost/arkouda-exporter-test"


@functools.cache
def identity(name):
    """The id of an image."""
    return run("podman", "image", "inspect", "--format={{.Id}}", name).stdout.strip()


def archive(name):
    """The image in a file, which is made once, in the place of that of an earlier image of the name."""
    label = name.rpartition("/")[2].partition(":")[0]
    path = FOLDER / f"{label}-{identity(name)}.tar"
    with locked(label):
        if not path.exists():
            for earlier in FOLDER.glob(f"{label}-*.tar"):
                earlier.unlink()
            part = path.with_suffix(".part")
            part.unlink(missing_ok=True)
            run("podman", "save", "--format=oci-archive", f"--output={part}", name)
            part.rename(path)
    return path


class locked:
    """Only one process at a time makes a thing."""

    def __init__(self, name):
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.path = FOLDER / f"{name}.lock"

    def __enter__(self):
        self.file = open(self.path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def built(name, folder, *files, base=None):
    """Builds the image of a folder with a Containerfile and of more files, unless it is there already; its
    name, with a tag that tells what it is made of."""
    files = [*sorted(folder.iterdir()), *map(pathlib.Path, files)]
    content = hashlib.sha256()
    for file in files:
        content.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    if base:
        content.update(identity(base).encode())
    full = f"{REGISTRY}/{name}:{content.hexdigest()[:16]}"
    with locked(name):
        if run("podman", "image", "exists", full, check=False).returncode == 0:
            return full
        with tempfile.TemporaryDirectory() as context:
            for file in files:
                shutil.copy(file, context)
            run(
                *("buildah", "build", "--isolation=chroot", "--pull-never", "--layers", "--quiet"),
                *([f"--build-arg=BASE={base}"] if base else []),
                *("--file", f"{context}/Containerfile", "--tag", full, context),
            )
        # What it was made of before is of no use any more.
        for other in run("podman", "images", "--format={{.Repository}}:{{.Tag}}").stdout.split():
            if other.startswith(f"{REGISTRY}/{name}:") and other != full:
                run("podman", "rmi", other, check=False)
    return full


@functools.cache
def debian(suite="bookworm"):
    """The name of an image of a Debian."""
    return run("sh", ROOT / "test/image/debian.sh", suite).stdout.strip()


@functools.cache
def pause():
    """The first process of a pod, which only has to be there."""
    folder = ROOT / "test" / "cluster" / "pause"
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = FOLDER / "pause"
    with locked("pause-program"):
        if not program.exists():
            run("gcc", "-static", "-Os", "-s", folder / "pause.c", "-o", program)
    return built("pause", folder, program)


@functools.cache
def argo_executor():
    """Argo's executor, which carries out the steps of a workflow in their pods."""
    return built("argoexec", ROOT / "test/cluster/argoexec", tool("argoexec"), base=debian())


@functools.cache
def arkouda():
    """What stands in for Arkouda's image."""
    return built("arkouda", ROOT / "test/cluster/arkouda", SIMULATOR, base=debian())


@functools.cache
def exporter():
    """The exporter's image, as the Dockerfile builds it."""
    name = f"{REGISTRY}/exporter:node"
    # Layers are built once for the same version.
    environment = {**os.environ, "BUILDER": "buildah", "BASE": debian(), "REVISION": "test"}
    with locked("exporter"):
        command = ["sh", ROOT / "deploy/image/build.sh", name, "--pull-never"]
        run(*command, env=environment | {"SOURCE": ""})
    return name


# What stands for the images that the manifests name, by repository.
PUBLISHED = {
    "bearsrus/prometheus-arkouda-exporter": exporter,
    "bearsrus/arkouda-udp-server": arkouda,
}
