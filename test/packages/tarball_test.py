"""The archive with libraries and loader, in systems that have others of them or none."""

import contextlib
import pathlib
import re

import pytest

from container import System
from images import debian
from packages import NAME, OWN, VERSION, archive, busybox
from support import await_that, process, run

TOP = f"/tmp/a folder/{NAME}-{VERSION}.linux-{OWN}"
PROGRAM = f"{TOP}/{NAME}"
PAGE = 'arkouda_up{arkouda_server_name="arkouda-metrics"} 1'


@pytest.fixture(scope="module", params=["busybox", "bullseye", "bookworm", "trixie"])
def system(request, dist, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    image = busybox() if request.param == "busybox" else debian(request.param)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (folder / "hosts").write_text("127.0.0.1 localhost\n127.0.0.1 of-the-file.example\n")
    with contextlib.ExitStack() as stack:
        mounts = [f"--volume={folder}/{name}:/etc/{name}" for name in ("resolv.conf", "hosts")]
        mounts.append(f"--volume={dist}:/dist:ro")
        mounts.append("--tmpfs=/tmp:mode=1777,exec")
        # That no user has to exist, and nothing can be gained.
        confined = ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only"]
        container = System(stack, image, *mounts, *confined, "--no-hosts")
        container.run("mkdir", "/tmp/a folder")
        container.run("tar", "-xzf", f"/dist/{archive()}", folder="/tmp/a folder")
        stack.enter_context(container.arkouda(folder))
        dns = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv"]
        dns += ["--user=root", "--listen-address=127.0.0.1", "--bind-interfaces"]
        dns += ["--address=/arkouda.example/127.0.0.1"]
        log = folder / "dns.log"
        running = stack.enter_context(process(container.on_loopback(*dns), log))
        running.await_line("started")
        yield container


def once(system, *arguments, program="./" + NAME, folder=TOP, **kwargs):
    return system.run(program, "--once", *arguments, folder=folder, **kwargs).stdout


def test_it_just_works_for_nobody_from_any_folder(system):
    assert system.run("id", "-u").stdout == "65534\n"
    assert f"{NAME} {VERSION} (revision " in system.run("./" + NAME, "--version", folder=TOP).stdout
    assert PAGE in once(system)


def test_names_are_resolved_as_the_system_says(system):
    for name in ("of-the-file.example", "arkouda.example"):
        assert PAGE in once(system, f"--arkouda.host={name}")
    refused = system.run(PROGRAM, "--once", "--arkouda.host=nobody.example", check=False)
    assert "nobody.example" in refused.stderr and refused.returncode == 1, refused


def reported(page):
    (seconds,) = re.findall(r"^arkouda_reported_timestamp\{.*\} (\S+)$", page, re.M)
    return float(seconds)


def test_it_knows_the_time_zones(system):
    new_york = reported(once(system, "--arkouda.timezone=America/New_York"))
    hours = (new_york - reported(once(system, "--arkouda.timezone=UTC"))) / 3600
    assert 3.9 < hours < 5.1


def test_it_is_found_by_a_link(system):
    system.run("ln", "-sf", PROGRAM, "/tmp/exporter")
    assert PAGE in once(system, program="/tmp/exporter", folder="/")
    assert PAGE in once(system, program="exporter", folder="/", env=["PATH=/tmp:/bin:/usr/bin"])


def test_what_a_site_preloads_is_not_for_it(system):
    variables = ["LD_PRELOAD=/nowhere/libxalt.so", "LD_LIBRARY_PATH=/lib/x86_64-linux-gnu:/lib64"]
    done = system.run("./" + NAME, "--once", folder=TOP, env=variables)
    assert PAGE in done.stdout and "ld.so" not in done.stderr, done.stderr


def test_it_serves_with_nothing_of_the_system_loaded(system, tmp_path):
    # As it runs in the background of a shell: podman's exec would end with it.
    command = ["podman", "exec", "--user=65534:65534", system.name, PROGRAM]
    with process([*command, "--polling-interval=1s"], tmp_path / "log"):
        url = "http://127.0.0.1:5080/metrics"

        def is_up():
            return PAGE in run(*system.on_loopback("curl", "-fsS", url), check=False).stdout

        await_that("it polls", is_up, 30)
        top = run("podman", "top", system.name, "hpid", "comm").stdout
        (pid,) = re.findall(rf"^(\d+)\s+{NAME[:15]}$", top, re.M)
        mapped = re.findall(r" (/.*)$", pathlib.Path(f"/proc/{pid}/maps").read_text(), re.M)
        assert mapped and [path for path in mapped if not path.startswith(TOP + "/")] == []
        run("kill", "-TERM", pid)
        await_that("it ends", lambda: not pathlib.Path(f"/proc/{pid}").exists(), 10)


def test_half_an_archive_says_what_is_missing(system):
    system.run("cp", PROGRAM, "/tmp/alone")
    done = system.run("/tmp/alone", check=False)
    expected = f"{NAME}: expected the folder lib/{NAME} of its archive beside it in /tmp/\n"
    assert (done.returncode, done.stderr) == (1, expected)


# What Linux has got since 3.10, of which glibc and the libraries know some.
NEWER = """sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create execveat userfaultfd membarrier
mlock2 copy_file_range preadv2 pwritev2 statx rseq pidfd_send_signal io_uring_setup openat2 clone3 close_range
faccessat2 epoll_pwait2 pidfd_open pidfd_getfd process_madvise mount_setattr futex_waitv""".split()


def test_an_old_kernel_will_do(dist, tmp_path):
    """Linux 3.10's, of RHEL 7, as far as a system call that it lacks is answered ENOSYS."""
    run("tar", "-xzf", dist / archive(), cwd=tmp_path)
    program = tmp_path / f"{NAME}-{VERSION}.linux-{OWN}" / NAME
    with contextlib.ExitStack() as stack:
        container = System(stack, debian("bookworm"))
        stack.enter_context(container.arkouda(tmp_path))
        trace = ["strace", "--follow-forks", "--quiet=all", f"--output={tmp_path}/trace"]
        trace += [f"--inject={','.join(NEWER)}:error=ENOSYS"]
        done = run(*container.on_loopback(*trace, program, "--once"))
        assert PAGE in done.stdout
    trace = (tmp_path / "trace").read_text()
    assert "ENOSYS (Function not implemented) (INJECTED)" in trace
