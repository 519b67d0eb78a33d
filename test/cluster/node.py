"""A real node for the control plane: scheduler, kubelet, containerd, kube-proxy and CoreDNS, with a network,
a process tree and mounts of their own, so that nothing of it is left when it ends.

    this machine ── veth ── node ── bridge ── pods
    API server              kubelet, containerd, kube-proxy, CoreDNS

This machine reaches the pods at their addresses. A pod finds Services at their addresses, by kube-proxy,
and at their names, by CoreDNS; the API server is at kubernetes.default.svc.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil

import yaml

import images
from support import await_that, free_port, not_tested, process, run, tool

PROGRAMS = ["containerd", "ctr", "runc", "ip", "iptables", "setpriv", "unshare", "nsenter"]
NAMESPACES = ["--net", "--mount", "--pid", "--uts"]
CNI_PLUGINS = pathlib.Path("/usr/lib/cni")  # where Debian has them


def what_is_missing():
    """Why this machine can't have a node; empty when it can."""
    if os.geteuid() != 0:
        return "it takes root"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if not (CNI_PLUGINS / "bridge").exists():
        missing.append("containernetworking-plugins")
    if missing:
        return (
            f"there is no {', '.join(missing)}: sh deploy/local/install-dependencies.sh kubernetes"
        )
    return ""


@dataclasses.dataclass(frozen=True)
class Network:
    """The namespaces of a node, and the addresses at both ends of its link to this machine."""

    first_process: int  # what the namespaces are found by; they end with it
    here: str  # this machine's address, where the API server is
    gateway: str  # the node's own, on the bridge of the pods
    pods: str  # the range of the pods' addresses

    def within(self, *command):
        """The command that runs another one on the node."""
        return ["nsenter", f"--target={self.first_process}", *NAMESPACES, *map(str, command)]


@contextlib.contextmanager
def network(folder):
    """Makes the namespaces and their links; yields None where that is not possible."""
    if what_is_missing():
        yield None
        return
    # No other run's, nor any that real networks use much.
    number = os.getpid() % 16384
    network = f"10.{64 + number // 256}.{number % 256}"
    link = f"ark{number}"
    # Also when the tests are killed. It lets no other signal end it.
    command = ["setpriv", "--pdeathsig=KILL", "unshare", *NAMESPACES, "--fork", "--kill-child"]
    command += ["--mount-proc", "sleep", "infinity"]
    with process(command, folder / "node.log", seconds_to_end=0) as running:
        children = pathlib.Path(f"/proc/{running.child.pid}/task/{running.child.pid}/children")
        first = int(
            await_that("the node's first process runs", lambda: children.read_text().strip())
        )
        made = Network(first, f"{network}.129", f"{network}.1", f"{network}.0/25")
        await_that(
            "it has its own network",
            lambda: os.readlink(f"/proc/{first}/ns/net") != os.readlink("/proc/self/ns/net"),
        )
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", first)
        run("ip", "address", "add", f"{made.here}/30", "dev", link)
        run("ip", "link", "set", link, "up")
        on_node = f"""
            ip link set lo up
            ip address add {network}.130/30 dev eth0
            ip link set eth0 up
            ip route add default via {made.here}
            ip link add pods type bridge
            ip address add {made.gateway}/25 dev pods
            ip link set pods up
            sysctl -qw net.ipv4.ip_forward=1
            hostname node
        """
        run(*made.within("sh", "-euc", on_node))
        run("ip", "route", "add", made.pods, "via", f"{network}.130")
        yield made


CONTAINERD = """
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = [
  "io.containerd.internal.v1.tracing",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = "{folder}/containerd.sock"
# Collecting garbage may take what an import has brought and not named yet, and there is none to speak of.
[plugins."io.containerd.gc.v1.scheduler"]
  startup_delay = "24h"
  mutation_threshold = 1000000
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"""


def pod_network(network, folder):
    """The configuration of the pods' network."""
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "pods",
                "isGateway": True,
                "isDefaultGateway": True,
                "ipMasq": False,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": network.pods, "gateway": network.gateway}]],
                    "dataDir": str(folder / "addresses"),
                },
            }
        ],
    }


def kubelet_configuration(network, folder):
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "podLogsDir": str(folder / "logs"),
        "volumePluginDir": str(folder / "volume-plugins"),
        "clusterDNS": [network.gateway],
        "clusterDomain": "cluster.local",
        "resolvConf": "",
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "localStorageCapacityIsolation": False,
        "oomScoreAdj": 0,
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "1Mi",
            "nodefs.available": "0%",
            "imagefs.available": "0%",
        },
        "registerWithTaints": [],
        "syncFrequency": "1s",
        # How soon the API server knows which images there are.
        "nodeStatusUpdateFrequency": "1s",
        "crashLoopBackOff": {"maxContainerRestartPeriod": "5s"},
    }


COREDNS = """
.:53 {{
  bind {address}
  errors
  kubernetes cluster.local {{
    kubeconfig {kubeconfig}
    ttl 1
  }}
}}
"""


class Node:
    """A running node."""

    def __init__(self, cluster, network, folder):
        self.cluster = cluster
        self.network = network
        self.folder = folder
        self.has = set()

    def load(self, image, name=None):
        """Gives the node an image of podman's storage, under another name if one is given."""
        name = name or image
        if name not in self.has:
            self.control("images", "import", "--index-name", name, images.archive(image))
            self.has.add(name)

    def load_images_of(self, manifest):
        """Gives the node the images that a manifest names; those of Arkouda and of the exporter are what
        the tests have for them, whatever their tag."""
        for name in set(re.findall(r"^ *(?:- )?image: \"?([^\s\"]+)", manifest, re.M)):
            [image] = [make for repository, make in images.PUBLISHED.items() if repository in name]
            self.load(image(), f"docker.io/{name}")

    def control(self, *command, check=True):
        """Runs a command of containerd's client; what has become of it."""
        client = ["ctr", f"--address={self.folder}/containerd.sock", "--namespace=k8s.io"]
        return run(*self.network.within(*client, *command), check=check)

    def signal(self, container, name):
        """Sends a signal to the first process of a container, by its id."""
        self.control("tasks", "kill", f"--signal=SIG{name}", container)

    def end_containers(self):
        """Ends what runs in containers, with their cgroups, which do not go with the namespaces."""
        # It would start them again.
        run(*self.network.within("pkill", "-KILL", "-x", "kubelet"), check=False)
        for container in self.control("tasks", "list", "--quiet").stdout.split():
            # One that has just ended by itself is gone.
            self.control("tasks", "delete", "--force", container, check=False)


@contextlib.contextmanager
def node(cluster, network, folder):
    """Starts the node of a cluster that was made with this network; yields it when it is ready."""
    if not network:
        not_tested(f"THERE IS NO NODE TO RUN PODS: {what_is_missing()}")
    pause = images.pause()
    (folder / "cni").mkdir()
    (folder / "cni" / "pods.conflist").write_text(json.dumps(pod_network(network, folder)))
    text = CONTAINERD.format(folder=folder, pause=pause, plugins=CNI_PLUGINS)
    (folder / "containerd.toml").write_text(text)
    configuration = folder / "kubelet.yaml"
    configuration.write_text(yaml.safe_dump(kubelet_configuration(network, folder)))
    corefile = folder / "Corefile"
    corefile.write_text(COREDNS.format(address=network.gateway, kubeconfig=cluster.kubeconfig))

    def on_node(name, *command):
        return process(network.within(*command), folder / f"{name}.log", seconds_to_end=1)

    kubelet = [
        tool("kubelet"),
        f"--config={configuration}",
        f"--kubeconfig={cluster.kubeconfig}",
        f"--root-dir={folder}/kubelet",
        f"--cert-dir={folder}/kubelet-certificates",
        f"--node-ip={network.gateway}",
        "--hostname-override=node",
    ]
    proxy = [
        tool("kube-proxy"),
        f"--kubeconfig={cluster.kubeconfig}",
        "--hostname-override=node",
        "--proxy-mode=iptables",
        # A pod reaches others on the same bridge: their answers must come back this way.
        "--masquerade-all",
        # Limits of the whole machine are not the node's.
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
        "--iptables-min-sync-period=100ms",
    ]
    scheduler = [
        tool("kube-scheduler"),
        f"--kubeconfig={cluster.kubeconfig}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_port()}",
        f"--cert-dir={folder}/scheduler-certificates",
    ]
    found = Node(cluster, network, folder)
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            on_node("containerd", "containerd", f"--config={folder}/containerd.toml")
        )
        await_that(
            "containerd answers", lambda: found.control("version", check=False).returncode == 0
        )
        stack.callback(found.end_containers)
        found.load(pause)
        stack.enter_context(on_node("coredns", tool("coredns"), f"-conf={corefile}"))
        stack.enter_context(on_node("kube-proxy", *proxy))
        stack.enter_context(process(scheduler, folder / "kube-scheduler.log", seconds_to_end=1))
        running = stack.enter_context(on_node("kubelet", *kubelet))

        def is_ready():
            assert running.is_running(), running.log()[-3000:]
            ready = '{.status.conditions[?(@.type=="Ready")].status}'
            got = cluster.kubectl("get", "node", "node", "-o", f"jsonpath={ready}", check=False)
            return got.stdout == "True"

        await_that("the node is ready", is_ready, 120)
        yield found
