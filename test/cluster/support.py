"""Real processes for the tests: started with a log of their own, awaited, ended by their own id."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "tools"
RELEASE = ROOT / "build" / "release"
EXPORTER = RELEASE / "exporter" / "prometheus-arkouda-exporter"
SIMULATOR = RELEASE / "test" / "simulator" / "arkouda-metrics-simulator"


def tool(name):
    """The path of a program that build-tools.sh made; where it could not, what needs it is skipped."""
    path = TOOLS / name
    if not path.exists():
        reason = f"{name} could not be built here: sh test/cluster/build-tools.sh says why"
        pytest.skip(reason, allow_module_level=True)
    return str(path)


def not_tested(reason):
    """Skips a test for what this machine lacks; in CI, which lacks nothing, it fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port(host="127.0.0.1"):
    with socket.socket() as listener:
        listener.bind((host, 0))
        return listener.getsockname()[1]


def await_that(what, condition, seconds=180):
    """Calls condition until it returns something true, and returns that; an AssertionError or a
    refused connection counts as not yet, and is what the failure shows."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (AssertionError, requests.RequestException) as error:
            last = error
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}: {last}"
        time.sleep(0.1)


def run(*command, check=True, stdin=None, **kwargs):
    """Runs a command to its end; fails with its output when it fails and check is true."""
    done = subprocess.run(
        [str(word) for word in command], input=stdin, capture_output=True, text=True, **kwargs
    )
    if check:
        assert (
            done.returncode == 0
        ), f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done


class Process:
    """A program in the background, whose output is in a file."""

    def __init__(self, command, log, env=None):
        self.log_path = pathlib.Path(log)
        self.command = [str(word) for word in command]
        with open(log, "wb") as output:
            self.child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
            )

    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_running(self):
        return self.child.poll() is None

    def await_line(self, text, seconds=60):
        """The first line of the log that holds the text."""

        def line():
            found = [line for line in self.log().splitlines() if text in line]
            if not found and not self.is_running():
                raise RuntimeError(f"{self.command} has ended:\n{self.log()[-3000:]}")
            return found and found[0]

        return await_that(f"{self.command[0]} says {text!r}", line, seconds)

    def stop(self, seconds=20):
        """SIGTERM, and SIGKILL when that does not end it in time; its exit status."""
        if self.is_running():
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait()


@contextlib.contextmanager
def process(command, log, env=None, seconds_to_end=20):
    """A program that is ended with the context; killed when it takes longer than that."""
    started = Process(command, log, env)
    try:
        yield started
    finally:
        started.stop(seconds_to_end)


@contextlib.contextmanager
def simulator(folder, *arguments, host="127.0.0.1", prefix=()):
    """The development server; yields (process, port). The prefix is a command that runs another."""
    command = [*prefix, SIMULATOR, "--listen", f"{host}:0", *arguments]
    with process(command, folder / "simulator.log") as running:
        line = running.await_line("listening on ")
        yield running, int(line.rsplit(":", 1)[1])


@contextlib.contextmanager
def exporter(folder, arkouda_port, *arguments, host="127.0.0.1", env=None):
    """The exporter; yields (process, address)."""
    port = free_port(host)
    command = [
        EXPORTER,
        f"--arkouda.host={host}",
        f"--arkouda.port={arkouda_port}",
        f"--web.listen-address={host}:{port}",
        *arguments,
    ]
    with process(command, folder / "exporter.log", env) as running:
        running.await_line("msg=listening")
        yield running, f"{host}:{port}"


class Prometheus:
    """A running Prometheus and its HTTP API."""

    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30)
        body = answer.json()
        assert body["status"] == "success", f"{path} {parameters}: {body}"
        return body["data"]

    def query(self, expression, **parameters):
        """The result of an instant query: a list of series with metric and value."""
        return self.get("query", query=expression, **parameters)["result"]

    def reload(self):
        """Has it read its configuration again; it takes --web.enable-lifecycle."""
        requests.post(f"{self.url}/-/reload", timeout=30).raise_for_status()


@contextlib.contextmanager
def prometheus(folder, configuration, *arguments, binary=None):
    """A real Prometheus 3 on a free port with the configuration file given; yields Prometheus."""
    port = free_port()
    command = [
        binary or tool("prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        *arguments,
    ]
    with process(command, folder / "prometheus.log") as running:
        running.await_line("Server is ready to receive web requests")
        yield Prometheus(f"http://127.0.0.1:{port}")
