"""The Secrets of docs/web-configuration.md: its commands, and the files that they take."""

import re

from support import ROOT, run

TEXT = (ROOT / "docs" / "web-configuration.md").read_text()
SECTION = re.split(r"^## On Kubernetes$", TEXT, flags=re.M)[1]
# The commands that make the Secrets, and the variant that the last one applies.
*COMMANDS, APPLY = re.search(r"^```sh\n(.*?)^```", SECTION, re.M | re.S)[1].splitlines()
VARIANT = APPLY.removeprefix("kubectl apply --kustomize ")
# What a certificate has to be for, whatever the pod's address is.
NAME = "prometheus-arkouda-exporter"
USER, PASSWORD = "prometheus", "secret"


def make_certificate(folder, file, subject, *arguments):
    """A certificate and its key, signed by that key itself or by the CA that the arguments name."""
    run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-days", "2", "-subj", f"/CN={subject}", *arguments),
        *("-keyout", folder / f"{file}.key", "-out", folder / f"{file}.crt"),
    )


def make_server_certificate(folder, subject):
    """Another one of the CA that is there."""
    ca = ["-CA", folder / "ca.crt", "-CAkey", folder / "ca.key"]
    make_certificate(folder, "tls", subject, *ca, "-addext", f"subjectAltName=DNS:{NAME}")


def make_files(folder):
    """All that they take, in a folder; web.yml is the documentation's, with a hash in it."""
    make_certificate(folder, "ca", "ca")
    make_server_certificate(folder, "first")
    line = run("htpasswd", "-inB", USER, stdin=PASSWORD).stdout.strip()
    web = re.search(r"^```yaml\n(tls_server_config:.*?)^```", TEXT, re.M | re.S)[1]
    user = f"  {USER}: $2y$10$…\n"
    assert user in web
    (folder / "web.yml").write_text(web.replace(user, f"  {line.replace(':', ': ')}\n"))
    (folder / "password").write_text(f"{PASSWORD}\n")
