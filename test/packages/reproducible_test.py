"""The same commit gives the same bytes."""

import hashlib

import pytest

from packages import OTHER, OWN, build
from support import ROOT, run


def sums(folder):
    """Of the files but the list of sums."""
    files = [path for path in folder.iterdir() if path.name != "SHA256SUMS"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# All is compiled again for this machine's architecture. For the other one, for which the same compiler is told the
# same, its output may be that of before.
@pytest.mark.parametrize(("architecture", "fresh"), [(OWN, "1"), (OTHER, "packages")])
def test_another_build_in_another_folder_gives_the_same_bytes(dist, tmp_path, architecture, fresh):
    """Later, and from a clone whose files have other modes and times."""
    if run("git", "status", "--porcelain", cwd=ROOT).stdout:
        pytest.skip("some files are not as in the commit, of which the other build is")
    clone = tmp_path / "another" / "folder"
    run("sh", "-c", f"umask 077 && git clone --quiet '{ROOT}' '{clone}'")
    build(tmp_path / "dist", architecture, source=clone, FRESH=fresh)
    again = sums(tmp_path / "dist")
    assert len(again) == 8
    before = sums(dist)
    assert {name: before.get(name) for name in again} == again


def test_the_sums_are_those_of_the_files(dist):
    listed = (dist / "SHA256SUMS").read_text()
    names = sorted(path.name for path in dist.iterdir() if path.name != "SHA256SUMS")
    assert [line.split("  ")[1] for line in listed.splitlines()] == names
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=dist)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone") / "exporter"
    run("git", "clone", "--quiet", ROOT, folder)
    return folder


def test_what_is_not_committed_is_not_built(clone, tmp_path):
    (clone / "README.md").write_text("changed")
    done = build(tmp_path / "dist", source=clone, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("see --force: README.md\n")
    assert not (tmp_path / "dist").exists()


def test_another_argument_is_refused(clone, tmp_path):
    done = build(tmp_path / "dist", "riscv64", source=clone, check=False)
    expected = 'build.sh: got "riscv64": expected --force, --check, amd64 or arm64\n'
    assert (done.returncode, done.stderr) == (2, expected)


def test_what_fails_leaves_the_packages_as_they_were(clone, tmp_path):
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "earlier").write_text("")
    done = build(dist, "--force", source=clone, BUILDER="/bin/false", check=False)
    assert done.returncode == 1 and f"{dist} is as before" in done.stderr
    assert [path.name for path in dist.iterdir()] == ["earlier"]
