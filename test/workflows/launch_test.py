"""The launch script of Arkouda's pods, run for real: in a Debian of its own with sudo, sshd and the user of
Arkouda's image, as process 1 of a container, with the environment and the mounts that the manifests give.
Stand-ins are arkouda_server, which registers itself and says how it was started, pods.py, and the API
server."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess

import pytest

from support import ROOT, await_that, not_tested, process, run
from templates import DEPLOY, EXAMPLES, made, one

PACKAGES = "sudo,openssh-server,openssh-client,python3,procps"
CACHE = ROOT / "build" / "launch-test"
TOKEN = "t" * 1200  # tokens are longer than what pam_env reads of a line

# As bearsrus/arkouda-udp-server has it.
IMAGE = """
useradd --create-home --uid 1000 --shell /bin/bash ubuntu
adduser -q ubuntu sudo
echo '%sudo ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/ubuntu
rm -f /etc/ssh/ssh_host_*
"""

# Registers itself as Arkouda does outside of its KUBERNETES deployment: a Service and its Endpoints for
# clients, and for metrics, and ends when one is refused. Then says how it was started, and what a process
# has that is launched by SSH on the last locale's address.
ARKOUDA_SERVER = """#!/usr/bin/python3
import grp, json, os, pwd, ssl, subprocess, sys, time, urllib.request
def post(kind, body):
    url = os.environ["K8S_HOST"] + "/api/v1/namespaces/" + os.environ["NAMESPACE"] + "/" + kind
    request = urllib.request.Request(url, method="POST", data=json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + os.environ["SSL_TOKEN"])
    context = ssl.create_default_context(cafile=os.environ["CACERT_FILE"])
    urllib.request.urlopen(request, context=context).read()
[daemons] = [a for a in sys.argv if a.startswith("--ServerDaemon.daemonTypes=")]
for daemon, service in ("INTEGRATION", "EXTERNAL"), ("METRICS", "METRICS"):
    if "ServerDaemonType." + daemon in daemons:
        metadata = {"name": os.environ[service + "_SERVICE_NAME"]}
        port = {"port": int(os.environ[service + "_SERVICE_PORT"]), "protocol": "TCP"}
        post("services", {"metadata": metadata, "spec": {"ports": [port]}})
        post("endpoints", {"metadata": metadata, "subsets": [{"ports": [port]}]})
last = os.environ["SSH_SERVERS"].split()[-1]
remote = "env -0; echo user=$(id -un); echo cwd=$PWD"
ssh = subprocess.run(["ssh", last, remote], capture_output=True, text=True)
print(json.dumps({
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "user": pwd.getpwuid(os.getuid()).pw_name,
    "ids": [os.getuid(), os.getgid()],
    "group": grp.getgrgid(os.getgid()).gr_name,
    "folder": os.getcwd(),
    "launched": ssh.stdout.split("\\0"),
    "ssh": [ssh.returncode, ssh.stderr],
}), flush=True)
time.sleep(600)
"""

# As the real one does: settings from the environment, addresses in one line and in quotes. Each call
# answers with the next line of a file, the last of which stays.
PODS = """
import os, sys
for name in "CACERT_FILE SSL_TOKEN K8S_HOST POD_METHOD APP_NAME NAMESPACE".split():
    os.environ[name]
assert os.environ["POD_METHOD"] == "GET_POD_IPS"
assert open(os.environ["CACERT_FILE"]).read().startswith("-----BEGIN CERTIFICATE-----")
lines = open("/tmp/answers").read().split("\\n")
if len(lines) > 1:
    open("/tmp/answers", "w").write("\\n".join(lines[1:]))
if lines[0] == "fail":
    raise RuntimeError("401 Unauthorized")
print("a line of some log")
print(lines[0])
"""


# The API server: knows the Services and Endpoints that /tmp/registered lists, a line each as KIND/NAME, and
# lets whoever has the token make and delete them; with a status in /tmp/status that is its only answer.
API = """
import http.server, json, os, ssl
NAMESPACE = "/api/v1/namespaces/arkouda/"
def known():
    return open("/tmp/registered").read().split()
class Api(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        object = self.path.removeprefix(NAMESPACE) + "/" + body["metadata"]["name"]
        self.answer(409 if object in known() else 201, [*known(), object])
    def do_DELETE(self):
        object = self.path.removeprefix(NAMESPACE)
        self.answer(200 if object in known() else 404, [o for o in known() if o != object])
    def answer(self, status, objects):
        if os.path.exists("/tmp/status"):
            status = int(open("/tmp/status").read())
        if self.headers["Authorization"] != "Bearer " + open("/opt/sa/token").read():
            status = 401
        if status < 400:
            open("/tmp/registered", "w").write("\\n".join(objects))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Api)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tmp/api.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
open("/tmp/api-listens", "w")
server.serve_forever()
"""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The API server's certificate with its key, and the certificate alone."""
    folder = tmp_path_factory.mktemp("api")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=api"]
    request += ["-addext", "subjectAltName=DNS:kubernetes.default.svc"]
    run(*request, "-keyout", folder / "key.pem", "-out", folder / "ca.crt")
    certificate = (folder / "ca.crt").read_text()
    return (folder / "key.pem").read_text() + certificate, certificate


@pytest.fixture(scope="session")
def debian(certificate):
    """A minimal Debian with the packages and the user that Arkouda's image has, made once; and the API
    server's certificate."""
    if os.geteuid() != 0 or not shutil.which("debootstrap") or not shutil.which("unshare"):
        not_tested("THE LAUNCH SCRIPTS DID NOT RUN: that takes root, debootstrap and util-linux")
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root = CACHE / "debian"
        if not (root / "complete").exists():
            shutil.rmtree(root, ignore_errors=True)
            command = [
                "debootstrap",
                "--variant=minbase",
                f"--include={PACKAGES}",
                "bookworm",
                root,
            ]
            done = run(*command, *mirror(), check=False)
            if done.returncode != 0:
                not_tested(f"THE LAUNCH SCRIPTS DID NOT RUN: debootstrap: {done.stdout[-500:]}")
            run("chroot", root, "/bin/sh", "-euc", IMAGE)
            (root / "complete").touch()
    return root, certificate


def mirror():
    """Where this machine's apt fetches from."""
    for line in run("apt-get", "indextargets", "--format", "$(SITE)", check=False).stdout.split():
        if not line.startswith("file:"):
            return [line]
    return []


class Pod:
    """One run of a pod's container: its files, and its process 1."""

    def __init__(self, root, running):
        self.root = root
        self.running = running

    def log(self):
        return self.running.log()

    def first_process(self):
        path = f"/proc/{self.running.child.pid}/task/{self.running.child.pid}/children"
        return int(open(path).read().split()[0])

    def enter(self, *command, check=True):
        """Runs a command beside it."""
        namespaces = [
            "nsenter",
            f"--target={self.first_process()}",
            "--mount",
            "--uts",
            "--net",
            "--pid",
        ]
        return run(*namespaces, "chroot", self.root, *command, check=check)

    def report(self):
        """What the stand-in arkouda_server says."""
        line = self.running.await_line('{"arguments"', 30)
        return json.loads(line)

    def failure(self):
        """Its only line, when it gives up."""
        status = await_that("it ends", lambda: not self.running.is_running(), 30)
        assert status and self.running.child.returncode == 1, self.log()
        lines = self.log().splitlines()
        assert len(lines) == 1, lines
        return lines[0]


def container_of(role, parameters):
    objects = made(DEPLOY, parameters)
    pod = one(objects, "Pod")
    if role == "locale":
        pod = one(objects, "Deployment")["spec"]["template"]
    [container] = pod["spec"]["containers"]
    script = one(objects, "ConfigMap", f"arkouda-on-k8s-{role}-launch-script")
    return container, script["data"]["launch.sh"]


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


@contextlib.contextmanager
def pod(
    debian,
    folder,
    role,
    answers="'127.0.0.2' '127.0.0.3'",
    without=(),
    more=None,
    registered="",
    status="",
    **parameters,
):
    """Runs a pod's container; yields Pod. Parameters are the workflow's, with _ for -."""
    debian, (key, certificate) = debian
    parameters = {key.replace("_", "-"): value for key, value in parameters.items()}
    container, script = container_of(role, {**EXAMPLES[DEPLOY], **parameters})
    root = folder / "root"
    layers = {name: folder / name for name in ("upper", "work")}
    for path in (root, *layers.values()):
        path.mkdir()
    upper = layers["upper"]
    mounts = {mount["name"]: upper / mount["mountPath"][1:] for mount in container["volumeMounts"]}
    write(mounts["launch-script"] / "launch.sh", script)
    write(upper / "opt/arkouda/arkouda_server", ARKOUDA_SERVER, 0o755)
    write(upper / "opt/arkouda-contrib/arkouda_integration/client/scripts/pods.py", PODS)
    write(upper / "etc/hosts", "127.0.0.1 localhost pod kubernetes.default.svc\n")
    write(upper / "tmp/answers", answers, 0o666)
    (upper / "tmp").chmod(0o1777)
    mounts["ssh"].mkdir(parents=True)
    for path in (upper / "home/ubuntu", upper / "home/ubuntu/.ssh"):
        path.mkdir(exist_ok=True)
        os.chown(path, 1000, 1000)
    run("ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", mounts["ssh"] / "id_rsa")
    for path in mounts["ssh"].iterdir():
        path.chmod(0o400)
    if role == "server":
        write(mounts["token"] / "token", TOKEN)
        write(mounts["token"] / "ca.crt", certificate)
        write(upper / "tmp/api.py", API)
        write(upper / "tmp/api.pem", key)
        write(upper / "tmp/registered", registered)
        if status:
            write(upper / "tmp/status", status)
    for path in without:
        (upper / path).unlink()
    environment = {
        variable["name"]: variable.get("value", "127.0.0.1") for variable in container["env"]
    }
    overlay = f"lowerdir={debian},upperdir={upper},workdir={layers['work']}"
    setup = f"""
mount -t overlay overlay -o {overlay} {root}
mount --rbind /dev {root}/dev
mount -t proc proc {root}/proc
ip link set lo up
hostname pod
if [ -e {root}/tmp/api.py ]; then
  chroot {root} python3 /tmp/api.py &
  until [ -e {root}/tmp/api-listens ]; do sleep 0.1; done
fi
exec chroot {root} setpriv --reuid=1000 --regid=1000 --init-groups env -i -C /opt "$@"
"""
    settings = [f"{name}={value}" for name, value in environment.items()]
    command = ["unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--kill-child"]
    command += ["sh", "-euc", setup, "sh", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", *settings]
    command += [f"{name}={value}" for name, value in (more or {}).items()]
    with process([*command, *container["command"]], folder / "log") as running:
        yield Pod(root, running)
        # unshare itself does not hand on the signal.
        with contextlib.suppress(IndexError, FileNotFoundError):
            os.kill(Pod(root, running).first_process(), 9)


def stat(pod, path):
    return pod.enter("stat", "--format=%U:%G %a", path).stdout.strip()


def assert_keys_are_installed(pod, home, owner):
    assert stat(pod, f"{home}/.ssh") == f"{owner} 700"
    assert stat(pod, f"{home}/.ssh/id_rsa") == f"{owner} 600"
    assert stat(pod, f"{home}/.ssh/authorized_keys") == f"{owner} 600"
    keys = pod.enter("cat", f"{home}/.ssh/authorized_keys", f"{home}/.ssh/id_rsa.pub").stdout
    first, second = keys.splitlines()
    assert first == second


LISTENING = "Server listening on 0.0.0.0 port 22"  # the last that a locale says when it starts
CUSTOM = {
    "arkouda_user": "bearsrus",
    "arkouda_uid": "1009",
    "arkouda_group": "bearsrus-users",
    "arkouda_gid": "1019",
}


def test_the_server_starts_as_the_images_user(debian, tmp_path):
    with pod(debian, tmp_path, "server", chpl_mem_max="1000000000") as running:
        report = running.report()
        assert report["arguments"] == [
            "-nl",
            "3",
            "--ExternalIntegration.systemType=SystemType.KUBERNETES",
            "--ServerDaemon.daemonTypes=ServerDaemonType.INTEGRATION,ServerDaemonType.METRICS",
            "--memTrack=true",
            "--memMax=1000000000",
            "--logLevel=LogLevel.INFO",
        ]
        assert (report["user"], report["group"], report["ids"]) == (
            "ubuntu",
            "ubuntu",
            [1000, 1000],
        )
        assert report["folder"] == "/home/ubuntu"
        assert_keys_are_installed(running, "/home/ubuntu", "ubuntu:ubuntu")


EXPECTED = {
    "K8S_HOST": "https://kubernetes.default.svc",
    "NAMESPACE": "arkouda",
    "APP_NAME": "arkouda-on-k8s-locale",
    "ARKOUDA_SERVER_NAME": "arkouda-on-k8s",
    "EXTERNAL_SERVICE_NAME": "arkouda-on-k8s",
    "EXTERNAL_SERVICE_PORT": "5555",
    "EXTERNAL_SERVICE_TARGET_PORT": "5555",
    "METRICS_SERVER_PORT": "5556",
    "METRICS_SERVICE_NAME": "arkouda-on-k8s-metrics",
    "METRICS_SERVICE_PORT": "5556",
    "METRICS_SERVICE_TARGET_PORT": "5556",
    "GASNET_MASTERIP": "127.0.0.1",
    "SSH_SERVERS": "127.0.0.1 127.0.0.2 127.0.0.3",
    "CACERT_FILE": "/opt/sa/ca.crt",
    "SSL_TOKEN": TOKEN,
    "CHPL_RT_NUM_THREADS_PER_LOCALE": "2",
}


@pytest.mark.parametrize("user", [{}, CUSTOM], ids=["default", "custom"])
def test_the_server_has_its_environment_and_so_has_what_it_launches_by_ssh(debian, tmp_path, user):
    with pod(debian, tmp_path, "server", **user) as running:
        report = running.report()
        assert EXPECTED.items() <= report["environment"].items()
        assert report["ssh"] == [0, ""]
        *environment, rest = report["launched"]
        assert EXPECTED.items() <= dict(line.split("=", 1) for line in environment).items()
        assert rest.splitlines()[0] == f"user={user.get('arkouda_user', 'ubuntu')}"
        # The token is for nobody else's eyes.
        assert stat(running, "/etc/ssh/sshd_config_arkouda") == "root:root 600"
        assert TOKEN not in running.log().replace(json.dumps(report), "")


def test_the_server_starts_as_a_user_of_its_own(debian, tmp_path):
    with pod(debian, tmp_path, "server", **CUSTOM) as running:
        report = running.report()
        assert (report["user"], report["group"]) == ("bearsrus", "bearsrus-users")
        assert report["ids"] == [1009, 1019]
        assert report["environment"]["HOME"] == report["folder"] == "/home/bearsrus"
        assert_keys_are_installed(running, "/home/bearsrus", "bearsrus:bearsrus-users")


@pytest.mark.parametrize("group", [("users", "100"), ("ubuntu", "1000")])
def test_a_group_that_is_there_is_taken(debian, tmp_path, group):
    user = {**CUSTOM, "arkouda_group": group[0], "arkouda_gid": group[1]}
    with pod(debian, tmp_path, "server", **user) as running:
        report = running.report()
        assert report["ids"] == [1009, int(group[1])]
        assert report["group"] == group[0]


def test_a_groups_id_may_have_another_name(debian, tmp_path):
    with pod(debian, tmp_path, "server", **{**CUSTOM, "arkouda_gid": "1000"}) as running:
        assert running.report()["ids"] == [1009, 1000]
        assert "bearsrus-users:x:1000:" in running.enter("getent", "group", "bearsrus-users").stdout


def test_the_images_user_can_have_another_group(debian, tmp_path):
    group = {"arkouda_group": "data", "arkouda_gid": "2000"}
    with pod(debian, tmp_path, "server", **group) as running:
        report = running.report()
        assert (report["user"], report["ids"]) == ("ubuntu", [1000, 2000])
        assert report["ssh"] == [0, ""]


def test_without_metrics_the_server_has_no_metrics_socket(debian, tmp_path):
    with pod(debian, tmp_path, "server", collect_metrics="false") as running:
        [daemons] = [a for a in running.report()["arguments"] if "daemonTypes" in a]
        assert daemons == "--ServerDaemon.daemonTypes=ServerDaemonType.INTEGRATION"


REGISTERED = [
    f"{kind}/arkouda-on-k8s{suffix}"
    for suffix in ("", "-metrics")
    for kind in ("services", "endpoints")
]


def registered(pod):
    return pod.enter("cat", "/tmp/registered").stdout.split()


def test_the_server_registers_its_services(debian, tmp_path):
    with pod(debian, tmp_path, "server", registered="services/another") as running:
        running.report()
        assert registered(running) == ["services/another", *REGISTERED]


@pytest.mark.parametrize("left", [REGISTERED, REGISTERED[:1], REGISTERED[1::2]], ids=str)
def test_what_a_server_that_was_killed_has_registered_is_no_obstacle(debian, tmp_path, left):
    left = ["services/another", *left]
    with pod(debian, tmp_path, "server", registered="\n".join(left)) as running:
        running.report()
        assert registered(running) == ["services/another", *REGISTERED]


def test_a_slash_at_the_end_of_the_api_servers_address_does_no_harm(debian, tmp_path):
    url = "https://kubernetes.default.svc/"
    with pod(debian, tmp_path, "server", kubernetes_api_url=url) as running:
        running.report()
        assert registered(running) == REGISTERED


URL = "https://kubernetes.default.svc/api/v1/namespaces/arkouda/services/arkouda-on-k8s"


@pytest.mark.parametrize(
    ("status", "url", "reason"),
    [
        ("403", "https://kubernetes.default.svc", "HTTP Error 403: Forbidden"),
        ("", "https://kubernetes.default.svc:1", "<urlopen error [Errno 111] Connection refused>"),
    ],
)
def test_an_api_server_that_refuses_is_named_in_one_line(debian, tmp_path, status, url, reason):
    with pod(debian, tmp_path, "server", status=status, kubernetes_api_url=url) as running:
        asked = URL.replace("https://kubernetes.default.svc", url)
        message = "the Services of an earlier server can't be deleted, so Arkouda could not register its own"
        assert running.failure() == f"launch.sh: {message}: DELETE {asked}: {reason}"


def test_the_settings_of_the_workflow_reach_the_server(debian, tmp_path):
    settings = {
        "mem_track": "false",
        "arkouda_log_level": "LogLevel.DEBUG",
        "chpl_mem_max": "47",
        "chpl_num_threads_per_locale": "11",
        "arkouda_server_name": "a-name",
    }
    with pod(debian, tmp_path, "server", **settings) as running:
        report = running.report()
        expected = {"--memTrack=false", "--memMax=47", "--logLevel=LogLevel.DEBUG"}
        assert expected <= set(report["arguments"])
        assert report["environment"]["CHPL_RT_NUM_THREADS_PER_LOCALE"] == "11"
        assert report["environment"]["ARKOUDA_SERVER_NAME"] == "a-name"


def test_the_server_waits_until_its_locales_and_no_others_are_there(debian, tmp_path):
    answers = "\n".join(
        ["fail", "", "'127.0.0.2' None", "'127.0.0.9' '127.0.0.2' '127.0.0.3'"]
        + ["'127.0.0.2' '127.0.0.3'"]
    )
    with pod(debian, tmp_path, "server", answers) as running:
        servers = running.report()["environment"]["SSH_SERVERS"]
        assert servers == "127.0.0.1 127.0.0.2 127.0.0.3"


SOON = {"LOCALES_TIMEOUT_SECONDS": "0"}
ASKED = "pods.py asked https://kubernetes.default.svc for pods with app=arkouda-on-k8s-locale in arkouda"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ("'127.0.0.2'", "it found 1 of 2 locale pods: 127.0.0.2"),
        ("", "it found 0 of 2 locale pods"),
        ("fail", "it failed: RuntimeError: 401 Unauthorized"),
    ],
)
def test_locales_that_do_not_come_are_named(debian, tmp_path, answers, message):
    with pod(debian, tmp_path, "server", answers, more=SOON) as running:
        assert running.failure() == f"launch.sh: {ASKED}, and {message}"


@pytest.mark.parametrize(
    ("role", "path", "message"),
    [
        (
            "server",
            "opt/sa/token",
            "no token in /opt/sa: the Secret arkouda-serviceaccount-token-name needs token and ca.crt",
        ),
        (
            "server",
            "opt/sa/ca.crt",
            "no ca.crt in /opt/sa: the Secret arkouda-serviceaccount-token-name needs token and ca.crt",
        ),
        (
            "server",
            "home/ubuntu/ssh-keys/id_rsa",
            "no id_rsa in /home/ubuntu/ssh-keys: the Secret arkouda-ssh-secret needs id_rsa and "
            "id_rsa.pub",
        ),
        (
            "locale",
            "home/ubuntu/ssh-keys/id_rsa.pub",
            "no id_rsa.pub in /home/ubuntu/ssh-keys: the Secret arkouda-ssh-secret needs id_rsa and "
            "id_rsa.pub",
        ),
    ],
)
def test_what_is_missing_is_named_in_one_line(debian, tmp_path, role, path, message):
    with pod(debian, tmp_path, role, without=[path]) as running:
        assert running.failure() == f"launch.sh: {message}"


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (
            {"arkouda_uid": "1009"},
            "the image's user ubuntu has id 1000, not 1009: change arkouda-user or arkouda-uid",
        ),
        (
            {"arkouda_gid": "1009"},
            "the image's group ubuntu has id 1000, not 1009: change arkouda-group or arkouda-gid",
        ),
        (
            {"arkouda_user": "bearsrus"},
            "the user id 1000 is that of the image's ubuntu, not free for bearsrus: change arkouda-uid",
        ),
    ],
)
@pytest.mark.parametrize("role", ["locale", "server"])
def test_ids_that_the_image_has_for_another_are_refused(debian, tmp_path, role, user, message):
    with pod(debian, tmp_path, role, **user) as running:
        assert running.failure() == f"launch.sh: {message}"


@pytest.mark.parametrize("user", [{}, CUSTOM], ids=["default", "custom"])
def test_a_locale_lets_its_user_in_by_ssh_and_stays(debian, tmp_path, user):
    name = user.get("arkouda_user", "ubuntu")
    with pod(debian, tmp_path, "locale", chpl_num_threads_per_locale="11", **user) as running:
        running.running.await_line(LISTENING, 30)
        ssh = ["ssh", "127.0.0.1", "echo $USER $CHPL_RT_NUM_THREADS_PER_LOCALE"]
        assert running.enter("runuser", "-u", name, "--", *ssh).stdout == f"{name} 11\n"
        owner = f"{name}:{user.get('arkouda_group', 'ubuntu')}"
        assert_keys_are_installed(running, f"/home/{name}", owner)


@pytest.mark.parametrize("role", ["locale", "server"])
def test_the_pod_ends_at_once_when_it_is_told_to(debian, tmp_path, role):
    """Kubernetes sends process 1 a SIGTERM, and waits no longer than it must."""
    with pod(debian, tmp_path, role) as running:
        if role == "server":
            running.report()
        else:
            running.running.await_line(LISTENING, 30)
        os.kill(running.first_process(), 15)
        await_that("it has ended", lambda: not running.running.is_running(), 3)


def test_the_container_can_be_started_again(debian, tmp_path):
    """With the files that it left, as the kubelet does not, but an image could have."""
    with pod(debian, tmp_path, "server", **CUSTOM) as running:
        running.report()
        done = running.enter("sh", "-c", "tr '\\0' '\\n' </proc/1/environ", check=False)
        assert done.returncode == 0
        settings = [line for line in done.stdout.splitlines() if "=" in line]
        started = running.enter(
            *["setpriv", "--reuid=1000", "--regid=1000", "--init-groups", "env", "-i"],
            *settings,
            *["bash", "-c", "/bin/bash /opt/arkouda-launch/launch.sh locale 2>&1 | head -n 1"],
        )
        # Its SSH is there already: it got that far.
        assert "Bind to port 22" in started.stdout


def test_both_roles_have_the_same_script_and_shellcheck_finds_no_fault_in_it(tmp_path):
    _, script = container_of("server", EXAMPLES[DEPLOY])
    assert script == container_of("locale", EXAMPLES[DEPLOY])[1]
    assert not re.search(r"\{\{", script)
    if not shutil.which("shellcheck"):
        not_tested("shellcheck is not here")
    path = tmp_path / "launch.sh"
    path.write_text(script)
    done = subprocess.run(["shellcheck", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
