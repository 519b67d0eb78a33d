"""A real control plane on this machine: etcd, the API server and the controllers. Pods run where node.py
adds a node."""

import contextlib
import functools
import json
import pathlib
import re
import secrets
import subprocess

import requests
import yaml

from support import ROOT, await_that, free_port, process, run, tool

MONITORING = "monitoring"  # the namespace that Prometheus runs in
# What service accounts ask for, for Cluster.asked_for().
AUDIT_POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, userGroups: ["system:serviceaccounts"]}
  - {level: None}
"""
SHARED_SCHEMAS = ROOT.parent / "shared" / "schemas"


@functools.cache
def module_dir(name, module):
    """Where the sources of a pinned module are: they hold the schemas that belong to its version."""
    folder = ROOT / "test" / "cluster" / "tools" / name
    found = run(tool("go"), "mod", "download", "-json", module, cwd=folder)
    return pathlib.Path(json.loads(found.stdout)["Dir"])


def custom_resource_definitions():
    """The files of the CRDs of the Prometheus operator: those in shared/schemas where it is there,
    which are of the newest release, and the others of the operator that is pinned."""
    module = module_dir("operator", "github.com/prometheus-operator/prometheus-operator")
    files = {
        path.stem.split("_", 1)[1]: path
        for path in (module / "example" / "prometheus-operator-crd").glob("*.yaml")
    }
    for path in SHARED_SCHEMAS.glob("crd-monitoring.coreos.com-*.yaml"):
        files[path.stem.removeprefix("crd-monitoring.coreos.com-")] = path
    return [files[name] for name in sorted(files)]


class Cluster:
    """A running control plane: its address, an administrator's token, and kubectl. A test works in a
    namespace of its own, which is the one that kubectl takes when it is told none."""

    def __init__(self, url, token, folder):
        self.url = url
        self.token = token
        self.certificate = folder / "certificates" / "apiserver.crt"
        self.kubeconfig = folder / "kubeconfig"
        self.audit_log = folder / "audit.log"
        self.count = 0
        self.choose_namespace("default")

    def choose_namespace(self, name):
        self.current = name
        cluster = {"server": self.url, "certificate-authority": str(self.certificate)}
        context = {"cluster": "test", "user": "admin", "namespace": name}
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "test", "cluster": cluster}],
                    "users": [{"name": "admin", "user": {"token": self.token}}],
                    "contexts": [{"name": "test", "context": context}],
                    "current-context": "test",
                }
            )
        )

    def kubectl(self, *arguments, stdin=None, check=True):
        """Runs kubectl as the administrator."""
        return run(
            tool("kubectl"), f"--kubeconfig={self.kubeconfig}", *arguments, stdin=stdin, check=check
        )

    def get(self, *arguments):
        """An object, or a list's objects."""
        answer = json.loads(self.kubectl("get", *arguments, "-o", "json").stdout)
        return answer["items"] if answer["kind"] == "List" else answer

    def asked_for(self, account):
        """What a service account of the namespace has asked the API server for and was given, or told
        that it is not there: (group, resource) to verbs."""
        user = f"system:serviceaccount:{self.current}:{account}"
        found = {}
        for line in self.audit_log.read_text().splitlines():
            event = json.loads(line)
            object = event.get("objectRef", {})
            if event["user"]["username"] == user and event["responseStatus"]["code"] != 403:
                resource = object.get("apiGroup", ""), object.get("resource")
                found.setdefault(resource, set()).add(event["verb"])
        # Which kinds there are everybody may ask.
        found.pop(("", None), None)
        return found

    def here(self, manifest):
        """The manifest for the test's namespace, in the place of the one that it names."""
        return re.sub(r"^( *namespace:) arkouda$", rf"\1 {self.current}", manifest, flags=re.M)

    def apply(self, manifest, *arguments, check=True):
        """kubectl apply, on the server's side and strict; its result."""
        command = ["apply", "--server-side", "--validate=strict", *arguments, "-f", "-"]
        return self.kubectl(*command, stdin=self.here(manifest), check=check)

    def create_namespace(self, name, standard="restricted"):
        """A namespace that enforces a Pod Security Standard."""
        modes = ("enforce", "warn")
        labels = {f"pod-security.kubernetes.io/{mode}": standard for mode in modes}
        manifest = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": labels},
        }
        self.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
        # Pods are refused until the controllers have made it.
        await_that(
            f"{name} has its service account",
            lambda: self.kubectl(
                "get", "serviceaccount", "default", "-n", name, check=False
            ).returncode
            == 0,
        )

    @contextlib.contextmanager
    def namespace(self, standard="restricted"):
        """A fresh namespace under a name that no other test has; it goes in the background."""
        self.count += 1
        self.choose_namespace(f"arkouda-{self.count}")
        self.create_namespace(self.current, standard)
        try:
            yield self.current
        finally:
            self.delete_namespace(self.current, "--wait=false")
            self.choose_namespace("default")

    def delete_namespace(self, name, *arguments):
        # Nobody waits for what is in it.
        self.kubectl("delete", "pods", "--all", "--force", "--grace-period=0", "-n", name)
        self.kubectl("delete", "namespace", name, "--timeout=60s", *arguments)


@contextlib.contextmanager
def control_plane(folder, network=None):
    """Starts etcd, the API server with RBAC, and the controllers; yields a Cluster. With the network of a
    node, the node and its pods reach the API server, too."""
    peer, client = free_port(), free_port()
    etcd = [
        tool("etcd"),
        f"--data-dir={folder}/etcd",
        f"--listen-client-urls=http://127.0.0.1:{client}",
        f"--advertise-client-urls=http://127.0.0.1:{client}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
        "--unsafe-no-fsync",
    ]
    token = secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
    (folder / "audit-policy.yaml").write_text(AUDIT_POLICY)
    key = folder / "service-account.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    address = network.here if network else "127.0.0.1"
    port = free_port("0.0.0.0" if network else address)
    apiserver = [
        tool("kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{client}",
        f"--bind-address={'0.0.0.0' if network else '127.0.0.1'}",
        f"--advertise-address={address}",
        f"--secure-port={port}",
        f"--cert-dir={folder}/certificates",
        "--kubelet-preferred-address-types=InternalIP",
        f"--token-auth-file={folder}/tokens.csv",
        f"--audit-policy-file={folder}/audit-policy.yaml",
        f"--audit-log-path={folder}/audit.log",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        # Without a node nobody reaches the API server at the Service that it would make of its address.
        f"--endpoint-reconciler-type={'lease' if network else 'none'}",
    ]
    # They would wait for who still watches, and have nothing to lose.
    with process(etcd, folder / "etcd.log", seconds_to_end=1):
        with process(apiserver, folder / "kube-apiserver.log", seconds_to_end=1) as running:
            url = f"https://{address}:{port}"
            certificate = folder / "certificates" / "apiserver.crt"

            def is_ready():
                assert running.is_running(), running.log()[-3000:]
                return (
                    certificate.exists()
                    and requests.get(
                        f"{url}/readyz",
                        headers={"Authorization": f"Bearer {token}"},
                        verify=str(certificate),
                        timeout=5,
                    ).ok
                )

            await_that("the API server is ready", is_ready, 120)
            cluster = Cluster(url, token, folder)
            controllers = [
                tool("kube-controller-manager"),
                f"--kubeconfig={cluster.kubeconfig}",
                f"--service-account-private-key-file={key}",
                f"--root-ca-file={certificate}",
                "--leader-elect=false",
                "--bind-address=127.0.0.1",
                f"--secure-port={free_port()}",
                f"--cert-dir={folder}/controllers",
            ]
            log = folder / "kube-controller-manager.log"
            with process(controllers, log, seconds_to_end=1):
                for path in custom_resource_definitions():
                    cluster.kubectl("apply", "--server-side", "-f", path)
                cluster.kubectl(
                    "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"
                )
                cluster.create_namespace(MONITORING)
                yield cluster
