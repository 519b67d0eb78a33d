"""A Slurm cluster of two nodes, each with a network and a host name of its own, and users of its own, inside
the namespaces that run.sh makes."""

import os
import pathlib
import re
import shutil
import signal
import tempfile

from support import ROOT, SIMULATOR, await_that, process, run

SBATCH = ROOT / "deploy" / "slurm" / "arkouda.sbatch"
CLEAN = ROOT / "deploy" / "slurm" / "arkouda-targets-clean"
STAND_IN = ROOT / "test" / "slurm" / "arkouda_server"
USERS = {"alice": 20001, "bob": 20002}
ADDRESSES = {"head": "10.77.0.1", "node1": "10.77.0.11", "node2": "10.77.0.12"}
CONFIGURATION = """
ClusterName=tiny
SlurmctldHost=head({head})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
SlurmdParameters=config_overrides
SlurmdTimeout=6
KillWait=5
NodeName=node1 NodeAddr={node1} CPUs=16 RealMemory=1000
NodeName=node2 NodeAddr={node2} CPUs=16 RealMemory=1000
PartitionName=main Nodes=node1,node2 Default=YES
"""


class Slurm:
    def __init__(self, stack):
        self.stack = stack
        # Not below pytest's folders, which no other user may enter.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slurm-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        for name in ("munge", "state", "node1/spool", "node2/spool", "etc"):
            (self.folder / name).mkdir(parents=True)
        for name in ("output", "shared/targets", "shared/exporters"):
            (self.folder / name).mkdir(parents=True)
            (self.folder / name).chmod(0o1777)
        self.shared = self.folder / "shared"
        self.targets = self.shared / "targets"
        self.exporters = self.shared / "exporters"
        self.nodes = {}
        self.name_users_and_hosts()
        self.connect_nodes()
        self.configuration = self.folder / "etc" / "slurm.conf"
        self.configuration.write_text(CONFIGURATION.format(folder=self.folder, **ADDRESSES))
        self.environment = {"SLURM_CONF": str(self.configuration), "SIMULATOR": str(SIMULATOR)}
        self.start_munge()
        self.controller = self.start_controller()
        for node in ("node1", "node2"):
            self.start_node(node)
        self.await_nodes("idle")

    def name_users_and_hosts(self):
        """Over the machine's own files, in this mount namespace alone."""
        more = {
            "passwd": "".join(f"{name}:x:{id}:{id}::/:/bin/sh\n" for name, id in USERS.items()),
            "group": "".join(f"{name}:x:{id}:\n" for name, id in USERS.items()),
            "hosts": "".join(f"{address} {name}\n" for name, address in ADDRESSES.items()),
        }
        for name, lines in more.items():
            path = self.folder / "etc" / name
            path.write_text(pathlib.Path("/etc", name).read_text() + lines)
            run("mount", "--bind", path, f"/etc/{name}")
            self.stack.callback(run, "umount", f"/etc/{name}")

    def connect_nodes(self):
        run("ip", "link", "add", "cluster", "type", "bridge")
        run("ip", "address", "add", f"{ADDRESSES['head']}/24", "dev", "cluster")
        run("ip", "link", "set", "cluster", "up")
        for node in ("node1", "node2"):
            run("ip", "netns", "add", node)
            run("ip", "link", "add", node, "type", "veth", "peer", "name", "eth0", "netns", node)
            run("ip", "link", "set", node, "master", "cluster", "up")
            run("ip", "-n", node, "address", "add", f"{ADDRESSES[node]}/24", "dev", "eth0")
            run("ip", "-n", node, "link", "set", "eth0", "up")
            run("ip", "-n", node, "link", "set", "lo", "up")

    def start_munge(self):
        folder = self.folder / "munge"
        key = folder / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = [f"--{name}={folder}/{name}" for name in ("pid-file", "log-file", "seed-file")]
        command = ["munged", "--foreground", f"--socket={folder}/socket", f"--key-file={key}"]
        self.stack.enter_context(process([*command, *files], self.folder / "munged.log"))
        await_that("munged listens", (folder / "socket").exists, 20)

    def start_controller(self):
        command = ["slurmctld", "-D", "-i"]
        log = self.folder / "slurmctld.log"
        return self.stack.enter_context(process(command, log, self.environment))

    def start_node(self, node):
        """Without a context of its own: it is killed with all that runs on the node."""
        command = ["nsenter", f"--net=/run/netns/{node}", "unshare", "--uts", "sh", "-c"]
        command += [f"hostname {node} && exec slurmd -D"]
        log = self.folder / f"{node}.log"
        self.nodes[node] = self.stack.enter_context(process(command, log, self.environment))

    def kill_node(self, node):
        """As a power cut does: every process that runs there, at once."""
        for line in run("ip", "netns", "pids", node).stdout.split():
            try:
                os.kill(int(line), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.nodes[node].child.wait()

    def await_nodes(self, state, *nodes):
        def are():
            states = self.run("sinfo", "-h", "-N", "-o", "%N %T", check=False).stdout.split("\n")
            found = dict(line.split() for line in states if line)
            return all(found.get(node) == state for node in nodes or ("node1", "node2")) or found

        await_that(f"nodes are {state}", lambda: are() is True, 60)

    def run(self, *command, user=None, env=None, **kwargs):
        """A command on the head node, by root or one of the users."""
        prefix = []
        if user:
            prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        environment = {**os.environ, **self.environment, **(env or {})}
        return run(*prefix, *command, env=environment, cwd="/", **kwargs)

    def submit(self, *options, user="alice", arguments=(), script=SBATCH, **settings):
        """A job with the shipped script; yields its id. Settings are those of the script."""
        env = {
            "ARKOUDA_JOB_FOLDER": str(self.shared),
            "ARKOUDA_JOB_SERVER": str(STAND_IN),
            "ARKOUDA_JOB_SITE_FILE": "",
            **settings,
        }
        output = f"--output={self.folder}/output/%j"
        done = self.run(
            "sbatch", "--parsable", output, *options, script, *arguments, user=user, env=env
        )
        return done.stdout.strip()

    def output(self, job):
        path = self.folder / "output" / job
        return path.read_text() if path.exists() else ""

    def job(self, job):
        """What scontrol says of a job, by name."""
        text = self.run("scontrol", "--oneliner", "show", "job", job).stdout
        return dict(re.findall(r"(\S+?)=(\S*)", text))

    def await_state(self, job, *states, seconds=60):
        def state():
            found = self.job(job)["JobState"]
            assert found in states, f"{found}:\n{self.output(job)}"
            return True

        await_that(f"job {job} is {states}", state, seconds)

    def file(self, job, folder="targets"):
        return self.shared / folder / f"{job}.json"
