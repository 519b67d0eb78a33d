"""What is built for arm64, run by qemu."""

import contextlib
import platform
import re

import pytest

from packages import NAME, VERSION, archive
from support import SIMULATOR, await_that, free_port, not_tested, process, run

QEMU = "/usr/bin/qemu-aarch64-static"
# Programs of the other architecture start by themselves in namespaces that know qemu.
MAGIC = (
    r":aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    rf":{QEMU}:F"
)
ENTER = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc"]
REGISTER = f"""
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf '%s' '{MAGIC}' >/proc/sys/fs/binfmt_misc/register
exec "$@"
"""


@pytest.fixture(scope="module")
def program(dist, tmp_path_factory):
    if platform.machine() == "aarch64":
        pytest.skip("this machine is one itself, and has run what is built")
    folder = tmp_path_factory.mktemp("arm64")
    run("tar", "-xzf", dist / archive("arm64"), cwd=folder)
    program = folder / f"{NAME}-{VERSION}.linux-arm64" / NAME
    if run(*ENTER, REGISTER, "sh", "true", check=False).returncode != 0:
        not_tested("this kernel has no binfmt_misc for a namespace (Linux 6.7 has)")
    return program


def emulated(*command):
    return [*ENTER, REGISTER, "sh", *command]


def test_it_polls_and_is_scraped(program, tmp_path):
    assert (
        "AArch64" in run("readelf", "--file-header", program.parent / "lib" / NAME / "main").stdout
    )
    with contextlib.ExitStack() as stack:
        port, web = free_port(), free_port()
        simulator = [SIMULATOR, "--listen", f"127.0.0.1:{port}"]
        stack.enter_context(process(simulator, tmp_path / "arkouda")).await_line("listening on ")
        settings = [f"--arkouda.port={port}", f"--web.listen-address=127.0.0.1:{web}"]
        settings += ["--polling-interval=1s", "--arkouda.timezone=America/New_York"]
        stack.enter_context(process(emulated(program, *settings), tmp_path / "exporter"))

        def page():
            return run("curl", "-fsS", f"http://127.0.0.1:{web}/metrics", check=False).stdout

        await_that(
            "it is up",
            lambda: re.search(r"^arkouda_up\{.*\} 1$", page(), re.M),
            60,
        )


def test_the_unit_tests_have_passed(build_log):
    """Else nothing would have been built."""
    assert re.search(r"^Testing for arm64 by qemu\n.* PASSED .* [1-9]\d\d+ tests", build_log, re.M)
