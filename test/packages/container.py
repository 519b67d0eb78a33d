"""A root file system that runs in a container, with a loopback of its own and nothing else of a network."""

import contextlib

from support import SIMULATOR, process, run


class Container:
    def __init__(self, stack, image, *options, command=()):
        # More descriptors and processes than podman may give where it lacks CAP_SYS_RESOURCE.
        limits = ["--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096"]
        start = ["podman", "run", "--detach", "--network=none", *limits, *options]
        self.name = run(*start, image, *command).stdout.strip()
        stack.callback(run, "podman", "rm", "--force", "--time=0", self.name)
        self.find_pid()

    def find_pid(self):
        """That of its first process, which is another one once it was started again."""
        self.pid = int(run("podman", "inspect", "--format={{.State.Pid}}", self.name).stdout)

    def on_loopback(self, *command):
        """A command of this machine with the container's network."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command]

    @contextlib.contextmanager
    def arkouda(self, folder, *arguments, port=5556):
        """The development server on the container's loopback."""
        command = self.on_loopback(SIMULATOR, "--listen", f"127.0.0.1:{port}", *arguments)
        with process(command, folder / f"arkouda-{port}.log") as running:
            running.await_line("listening on ")
            yield running


class System(Container):
    """One whose first process does nothing, for commands of users without rights."""

    def __init__(self, stack, image, *options):
        super().__init__(stack, image, *options, command=("sleep", "infinity"))

    def run(self, *command, folder="/", env=(), **kwargs):
        settings = [f"--env={setting}" for setting in env]
        words = ["podman", "exec", "--user=65534:65534", f"--workdir={folder}", *settings]
        return run(*words, self.name, *command, **kwargs)
