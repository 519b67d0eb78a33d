"""The bill of materials, of a root folder that was collected on this machine and of small ones that were made up,
read by CycloneDX' own library and by readers of package URLs and SPDX expressions."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

# The processes of the other tests.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from support import EXPORTER, ROOT, not_tested, run

NAME = "prometheus-arkouda-exporter"
REQUIREMENTS = pathlib.Path(__file__).with_name("sbom-requirements.txt")
VENV = ROOT / "build" / "sbom-venv"
STATUS = pathlib.Path("var/lib/dpkg/status.d")
KINDS = ("container", "tarball", "deb", "rpm")

# Answers a bill in a line with what the readers say against it. One process: importing them takes a while.
READER = """
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from packageurl import PackageURL

validator = JsonStrictValidator(SchemaVersion.V1_5)
licensing = get_spdx_licensing()
for line in sys.stdin:
    said = [str(error) for error in validator.validate_str(line, all_errors=True) or ()]
    bill = json.loads(line)
    for component in [bill["metadata"]["component"], *bill["components"]]:
        url = component.get("purl")
        if url and PackageURL.from_string(url).to_string() != url:
            said.append(f"{url} is written as {PackageURL.from_string(url).to_string()}")
        for licence in component.get("licenses", []):
            if "expression" in licence:
                said += licensing.validate(licence["expression"], strict=True).errors
    print(json.dumps(said), flush=True)
"""


def sbom(root, output, kind="tarball", more=(), check=True, environment=None):
    """Runs sbom.py, and gives the document; or the ended process where check is false."""
    arguments = (
        f"--name {NAME} --version 1.2.3 --revision 0123456789ab --architecture amd64".split()
    )
    script = ROOT / "deploy/packages/sbom.py"
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", **(environment or {})}
    command = [
        "/usr/bin/python3",
        script,
        "--root",
        root,
        *arguments,
        "--kind",
        kind,
        *more,
        output,
    ]
    done = run(*command, check=check, env=env, cwd="/")
    return json.loads(output.read_text()) if check else done


def by_name(document):
    return {component["name"]: component for component in document["components"]}


def libraries(document):
    return {
        component["name"] for component in document["components"] if component["type"] == "library"
    }


@pytest.fixture(scope="session")
def complaints():
    """Reads a bill by the pinned readers and gives what they say against it."""
    stamp = VENV / "made-of"
    if not stamp.exists() or stamp.read_text() != REQUIREMENTS.read_text():
        run("/usr/bin/python3", "-m", "venv", "--clear", VENV)
        pip = [
            VENV / "bin/python",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ]
        done = run(*pip, "--require-hashes", "--only-binary=:all:", "-r", REQUIREMENTS, check=False)
        if done.returncode:
            not_tested(f"NOT TESTED: the readers could not be installed: {done.stderr[-500:]}")
        stamp.write_text(REQUIREMENTS.read_text())
    command = [VENV / "bin/python", "-c", READER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:

        def ask(document):
            print(json.dumps(document), file=reader.stdin, flush=True)
            return json.loads(reader.stdout.readline())

        yield ask
        reader.stdin.close()


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """What the image is made of, from this machine's packages."""
    if os.geteuid() != 0:
        not_tested("NOT TESTED: collecting a root folder takes root")
    assert EXPORTER.exists(), "cmake --preset release && cmake --build --preset release"
    root = tmp_path_factory.mktemp("collected") / "root"
    run("sh", "deploy/image/collect-root.sh", EXPORTER, root, cwd=ROOT)
    return root


@pytest.fixture(scope="session")
def bills(collected, tmp_path_factory):
    """A bill of each kind of artefact."""
    folder = tmp_path_factory.mktemp("bills")
    source = ["--source", "https://git.example.invalid/team/exporter"]
    return {kind: sbom(collected, folder / f"{kind}.cdx.json", kind, source) for kind in KINDS}


# --------------------------------------------------------------------------- of this machine's packages


@pytest.mark.parametrize("kind", KINDS)
def test_is_valid_for_its_readers(bills, complaints, kind):
    assert complaints(bills[kind]) == []


@pytest.mark.parametrize("kind", ("container", "tarball", "rpm"))
def test_names_every_package_with_version_and_licence(collected, bills, kind):
    known = {path.name for path in (collected / STATUS).iterdir() if path.suffix != ".md5sums"}
    # Sorted, whatever the order in the folder is.
    assert list(by_name(bills[kind])) == [*sorted(known), "debian"]
    versions = run("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *known).stdout.splitlines()
    for name, version in map(str.split, versions):
        component = by_name(bills[kind])[name]
        assert component["version"] == version
        assert component["licenses"], name


def test_has_every_library_that_the_loader_loads(collected, bills):
    listed = {
        file["name"]: file["hashes"][0]["content"]
        for component in bills["tarball"]["components"]
        for file in component.get("components", [])
    }
    loaded = re.findall(r"(/\S+) \(0x", run("ldd", EXPORTER).stdout)
    assert len(loaded) > 10
    for path in map(os.path.realpath, loaded):
        assert listed[path] == hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    shared = {
        f"/{path.relative_to(collected)}"
        for path in collected.rglob("*.so*")
        if not path.is_symlink()
    }
    assert shared <= listed.keys()


def test_that_of_a_deb_has_what_the_program_is_built_from_and_loads_and_no_files(bills):
    loaded = re.findall(r"(/\S+) \(0x", run("ldd", EXPORTER).stdout)
    # Packages call some of them by their old name, in /lib.
    names = [
        name for path in map(os.path.realpath, loaded) for name in (path, path.removeprefix("/usr"))
    ]
    found = run("dpkg-query", "-S", *names, check=False).stdout.splitlines()
    owners = {line.split(":")[0] for line in found}
    headers = {
        "cppzmq-dev",
        "libabsl-dev",
        "libcxxopts-dev",
        "libexpected-dev",
        "nlohmann-json3-dev",
    }
    assert libraries(bills["deb"]) == owners | headers
    assert not any("components" in component for component in bills["deb"]["components"])


def test_scanners_find_distribution_and_source_package(bills):
    gnutls = by_name(bills["container"])["libgnutls30"]
    assert re.fullmatch(
        r"pkg:deb/debian/libgnutls30@[^?+]+\?arch=\w+&distro=debian-[0-9]+&upstream=gnutls28",
        gnutls["purl"],
    )
    assert {"name": "aquasecurity:trivy:SrcName", "value": "gnutls28"} in gnutls["properties"]
    system = by_name(bills["container"])["debian"]
    assert system["type"] == "operating-system"
    assert system["version"] == pathlib.Path("/etc/debian_version").read_text().strip()


def test_artefact_depends_on_all_and_a_package_on_those_that_it_names(bills):
    bill = bills["tarball"]
    names = {component["bom-ref"]: name for name, component in by_name(bill).items()}
    names[bill["metadata"]["component"]["bom-ref"]] = NAME
    depends = {
        names[entry["ref"]]: {names[other] for other in entry.get("dependsOn", [])}
        for entry in bill["dependencies"]
    }
    assert depends[NAME] == by_name(bill).keys()
    assert {"libc6", "libkrb5-3", "libcom-err2"} <= depends["libgssapi-krb5-2"]
    assert depends["libexpected-dev"] == set()


def test_artefact_has_version_revision_source_and_licence(bills):
    artefact = bills["container"]["metadata"]["component"]
    assert (artefact["type"], artefact["name"], artefact["version"]) == ("container", NAME, "1.2.3")
    assert artefact["licenses"] == [{"license": {"id": "MIT"}}]
    assert {"name": f"{NAME}:revision", "value": "0123456789ab"} in artefact["properties"]
    assert artefact["externalReferences"][0]["url"] == "https://git.example.invalid/team/exporter"
    assert bills["deb"]["metadata"]["component"]["type"] == "application"


# --------------------------------------------------------------------------- of packages that are made up

FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
EXPAT = f"{FORMAT}\nFiles: *\nCopyright: 2020 A\nLicense: Expat\n Permission is granted\n"


def make_root(root, packages, order=1):
    """A root with a library in each package, whose copyright file is given."""
    for path, text in [
        ("etc/os-release", 'ID=debian\nVERSION_ID="12"\nNAME="Debian"\nPRETTY_NAME="Debian 12"\n'),
        ("etc/debian_version", "12.5\n"),
        (f"usr/bin/{NAME}", "\x7fELF program"),
    ][::order]:
        write(root / path, text)
    for name, copyright_text in list(packages.items())[::order]:
        library = f"usr/lib/{name}.so.1"
        write(root / library, f"\x7fELF {name}")
        write(root / "usr/share/doc" / name / "copyright", copyright_text)
        sum = hashlib.md5((root / library).read_bytes()).hexdigest()
        write(root / STATUS / f"{name}.md5sums", f"{sum}  lib/{name}.so.1\n")
        write(
            root / STATUS / name,
            f"Package: {name}\nMaintainer: An, Author <a@example.com>\nSection: libs\n"
            "Architecture: amd64\nSource: made-up (1:2.0-3)\nVersion: 1:2.0-3+b1\n"
            "Depends: libone1 (>= 1), libtwo2:any | libnone\nDescription: a library\n of ours\n",
        )
    (root / "lib").symlink_to("usr/lib")
    return root


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


TWO = {"libone1": EXPAT, "libtwo2": EXPAT}


def refused(done, output):
    """The one line in which a bill was refused, of which nothing is left."""
    assert done.returncode == 1
    assert not list(output.parent.glob("*bill*"))
    (line,) = done.stderr.splitlines()
    return line


def test_a_package_without_a_licence_is_named(tmp_path):
    root = make_root(tmp_path / "root", {"libone1": EXPAT, "libtwo2": "Nobody knows.\n"})
    output = tmp_path / "bill.cdx.json"
    line = refused(sbom(root, output, check=False), output)
    assert "no licence" in line and "libtwo2" in line and "libone1" not in line


def test_a_library_that_no_package_has_is_named(tmp_path):
    root = make_root(tmp_path / "root", TWO)
    write(root / "usr/lib/libstray.so", "\x7fELF stray")
    output = tmp_path / "bill.cdx.json"
    assert "/usr/lib/libstray.so belongs to no package" in refused(
        sbom(root, output, check=False), output
    )


def test_a_library_that_was_changed_is_not_taken_for_its_packages(tmp_path):
    root = make_root(tmp_path / "root", TWO)
    write(root / "usr/lib/libtwo2.so.1", "\x7fELF another")
    output = tmp_path / "bill.cdx.json"
    assert "/usr/lib/libtwo2.so.1 is not as its package has it" in refused(
        sbom(root, output, check=False), output
    )


def test_a_folder_that_is_no_such_root_is_refused(tmp_path):
    (tmp_path / "root").mkdir()
    output = tmp_path / "bill.cdx.json"
    assert "expected a folder that collect-root.sh made" in refused(
        sbom(tmp_path / "root", output, check=False), output
    )


def test_is_the_same_bytes_wherever_and_in_whatever_order_the_root_was_made(tmp_path):
    made = []
    for name, order in (("one", 1), ("other", -1)):
        root = make_root(tmp_path / name / "root", TWO, order)
        sbom(root, tmp_path / name / "bill.cdx.json")
        sbom(root, tmp_path / name / "again.cdx.json")
        made += [(tmp_path / name / f"{bill}.cdx.json").read_bytes() for bill in ("bill", "again")]
    assert len(set(made)) == 1
    another = sbom(make_root(tmp_path / "root", {"libone1": EXPAT}), tmp_path / "another.cdx.json")
    assert another["serialNumber"] != json.loads(made[0])["serialNumber"]


def test_has_the_time_that_is_given_and_no_other(tmp_path):
    root = make_root(tmp_path / "root", TWO)
    output = tmp_path / "bill.cdx.json"
    assert "timestamp" not in sbom(root, output)["metadata"]
    assert (
        sbom(root, output, more=["--time", "86400"])["metadata"]["timestamp"]
        == "1970-01-02T00:00:00Z"
    )
    given = sbom(root, output, environment={"SOURCE_DATE_EPOCH": "60"})
    assert given["metadata"]["timestamp"] == "1970-01-01T00:01:00Z"


def test_package_urls_are_encoded_and_have_the_version_of_the_source_where_it_is_another(
    tmp_path, complaints
):
    bill = sbom(make_root(tmp_path / "root", {"libstdc++6": EXPAT}), tmp_path / "bill.cdx.json")
    component = by_name(bill)["libstdc++6"]
    assert component["purl"] == (
        "pkg:deb/debian/libstdc%2B%2B6@1:2.0-3%2Bb1?arch=amd64&distro=debian-12&upstream=made-up%401:2.0-3"
    )
    properties = {entry["name"].split(":")[-1]: entry["value"] for entry in component["properties"]}
    assert properties == {
        "SrcName": "made-up",
        "SrcEpoch": "1",
        "SrcVersion": "2.0",
        "SrcRelease": "3",
    }
    assert component["supplier"]["contact"] == [{"name": "An, Author", "email": "a@example.com"}]
    assert complaints(bill) == []


def machine_readable(*licences):
    return FORMAT + "".join(
        f"\nFiles: {number}.c\nCopyright: 2020 A\nLicense: {licence}\n text\n"
        for number, licence in enumerate(licences)
    )


LESSER = """
 * modify it under the terms of the GNU Lesser General Public
 * License as published by the Free Software Foundation; either
 * version 2.1 of the License, or (at your option) any later version.
See /usr/share/common-licenses/LGPL and `/usr/share/common-licenses/LGPL-2.1'.
"""
BSD = (
    "Redistribution and use in source and binary forms are permitted. {} THIS SOFTWARE IS PROVIDED"
)


@pytest.mark.parametrize(
    "copyright_text, expression",
    [
        (EXPAT, "MIT"),
        (machine_readable("LGPL-2.1+", "Expat", "Expat"), "LGPL-2.1-or-later AND MIT"),
        (machine_readable("GPL-2", "GPLv3+"), "GPL-2.0-only AND GPL-3.0-or-later"),
        (machine_readable("Expat or GPL-2+", "Zlib"), "(GPL-2.0-or-later OR MIT) AND Zlib"),
        (machine_readable("BSD-3-clause AND ISC", "ISC"), "BSD-3-Clause AND ISC"),
        (machine_readable("Expat or ISC, and Zlib"), "(ISC OR MIT) AND Zlib"),
        # A paragraph of a text alone, to which others refer.
        (EXPAT + "\nLicense: GPL-2+\n text\n", "MIT"),
        (LESSER, "LGPL-2.1-or-later"),
        (BSD.format("Nothing more."), "BSD-2-Clause"),
        (BSD.format("Names are not used to endorse it."), "BSD-3-Clause"),
        ("Permission is hereby granted, free\n of charge, to any person", "MIT"),
    ],
)
def test_licences_that_spdx_has_are_an_expression(tmp_path, complaints, copyright_text, expression):
    bill = sbom(
        make_root(tmp_path / "root", {"libone1": copyright_text}), tmp_path / "bill.cdx.json"
    )
    assert by_name(bill)["libone1"]["licenses"] == [{"expression": expression}]
    assert complaints(bill) == []


@pytest.mark.parametrize(
    "copyright_text, licences",
    [
        (machine_readable("Expat", "public-domain"), [("id", "MIT"), ("name", "public-domain")]),
        (machine_readable("Expat or ISC", "GAP"), [("name", "GAP"), ("name", "ISC OR MIT")]),
        (machine_readable("GPL-2+ or Odd"), [("name", "GPL-2+ or Odd")]),
        # Whether later versions may be chosen is not said.
        (
            "The text is in /usr/share/common-licenses/GPL-2.",
            [("name", "GPL-2, perhaps with later versions")],
        ),
    ],
)
def test_licences_that_spdx_does_not_have_are_named(tmp_path, complaints, copyright_text, licences):
    bill = sbom(
        make_root(tmp_path / "root", {"libone1": copyright_text}), tmp_path / "bill.cdx.json"
    )
    assert by_name(bill)["libone1"]["licenses"] == [
        {"license": {kind: value}} for kind, value in licences
    ]
    assert complaints(bill) == []


@pytest.mark.parametrize(
    "more, said",
    [
        (["--kind", "zip"], "argument --kind: invalid choice: 'zip'"),
        (["--time", "noon"], 'got "noon": expected seconds since 1970 (example: 1700000000)'),
        (["--source", "git@example.com:team/exporter"], "expected an address in the web"),
        (["--source", "https://me:secret@example.com/team"], "without user or password"),
        (["--version", ""], 'got "": expected letters, digits'),
        (["--unknown"], "unrecognized arguments: --unknown"),
    ],
)
def test_bad_arguments_are_refused_in_a_line(tmp_path, more, said):
    done = sbom(tmp_path, tmp_path / "bill.cdx.json", more=more, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line
    assert not list(tmp_path.iterdir())
