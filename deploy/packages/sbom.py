#!/usr/bin/python3
"""Writes the bill of materials (CycloneDX 1.5, JSON) of an artefact, from a root folder that collect-root.sh made.

  python3 deploy/packages/sbom.py --root ROOT --name NAME --version V --revision R --architecture A
      --kind container|tarball|deb|rpm [--time EPOCH] [--source URL] OUT.cdx.json

All that it says is from Debian's packages in ROOT: their paragraphs and sums (var/lib/dpkg/status.d), their copyright
files (usr/share/doc) and their files. The same root gives the same bytes. A package without a licence that is
recognised, and a library that is not a package's as it is, are errors: status 1. Bad arguments: status 2.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import sys
import urllib.parse
import uuid
from datetime import datetime, timezone

STATUS = "var/lib/dpkg/status.d"

# SPDX identifiers of the short names in copyright files, but for GNU's licences, which have a version. What is in
# neither is not guessed at.
SPDX = {
    "apache-2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "beerware": "Beerware",
    "boost-1.0": "BSL-1.0",
    "bsd-0-clause": "0BSD",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-2-clause-netbsd": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
    "bsd-4-clause-uc": "BSD-4-Clause-UC",
    "bsl-1.0": "BSL-1.0",
    "cc-by-sa-3.0": "CC-BY-SA-3.0",
    "cc0": "CC0-1.0",
    "cc0-1.0": "CC0-1.0",
    "expat": "MIT",
    "gpl-3+ with gcc runtime library exception": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "hpnd": "HPND",
    "isc": "ISC",
    "mit": "MIT",
    "mpl-1.1": "MPL-1.1",
    "mpl-2.0": "MPL-2.0",
    "x11": "X11",
    "zlib": "Zlib",
}
GNU = re.compile(r"(A?GPL|LGPL|GFDL)-?v?([1-3])(?:\.([0-9]))?(\+?)")

# Copyright files that are not machine-readable are searched for these sentences.
GNU_SENTENCE = re.compile(
    r"GNU (Lesser |Library |Affero |Free |)(?:General Public|Documentation) Licen[sc]e,?"
    r"(?: \(\w+\))?(?: as published by the Free Software Foundation)?[;,]?"
    r" (?:either )?version ([1-3](?:\.[0-9])?)(?: of the Licen[sc]e)?"
    r"(,? \(?or,? \(?(?:at your option\)?,? )?(?:any )?later)?",
    re.IGNORECASE,
)
GNU_KINDS = {"": "GPL", "affero": "AGPL", "free": "GFDL", "lesser": "LGPL", "library": "LGPL"}
GNU_SHORT = re.compile(r"(?<![A-Za-z])(A?GPL|LGPL|GFDL) ?\(?v([1-3](?:\.[0-9])?)(\+| or later)")
BSD_CONDITIONS = re.compile(
    r"Redistribution and use in source and binary forms(.*?)(?:THIS SOFTWARE IS|IN NO EVENT)"
)
SENTENCES = (
    ("Apache-2.0", r"Apache License,? Version 2\.0"),
    ("BSD-0-clause", r"\b0-clause BSD"),
    ("BSD-2-clause", r"\b2-clause BSD"),
    ("BSD-3-clause", r"\b3-clause BSD"),
    ("CC-BY-SA-3.0", r"Creative Commons Attribution-Share-?Alike 3\.0"),
    ("Expat", r"Permission is hereby granted, free of charge, to any person"),
    ("GPL-3+ with GCC runtime library exception", r"GCC Runtime Library Exception, version 3\.1"),
    ("HPND", r"Permission to use, copy, modify,? and(?:/or)? distribute this software and its"),
    ("ISC", r"Permission to use, copy, modify,? and(?:/or)? distribute this software for any"),
    ("public-domain", r"\bpublic domain"),
)


class Unfit(Exception):
    """Why no bill can be made of a root, in a line."""


def text_of(path):
    return path.read_text(encoding="utf-8", errors="replace")


def paragraphs(text):
    """Those of dpkg and of machine-readable copyright files: dictionaries of fields, with names in lower case."""
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = {}
        name = None
        for line in paragraph.split("\n"):
            if line[:1] in (" ", "\t") and name:
                fields[name] += "\n" + line
            elif line[:1] != "#" and ":" in line:
                name, value = line.split(":", 1)
                name = name.lower()
                fields[name] = value.strip()
        if fields:
            yield fields


def spdx_of_name(name):
    """The SPDX identifier of a short name, or None."""
    gnu = GNU.fullmatch(name)
    if gnu:
        kind, major, minor, later = gnu.groups()
        return f"{kind}-{major}.{minor or 0}-{'or-later' if later else 'only'}"
    return SPDX.get(name.lower())


def spdx_of(term):
    """The SPDX expression of a License field such as `A or B`, or None where a name in it is not SPDX's. A comma
    before `and` binds less than `or`."""
    if spdx_of_name(term):
        return spdx_of_name(term)
    for separator, operator in (
        (r",\s+and\s+", "AND"),
        (r",?\s+or\s+", "OR"),
        (r"\s+and\s+", "AND"),
    ):
        parts = re.split(separator, term, flags=re.IGNORECASE)
        if len(parts) > 1:
            found = [spdx_of(part) for part in parts]
            return None if None in found else join(found, operator)
    return None


def join(expressions, operator):
    """One expression of several, sorted, none twice."""
    parts = set()
    for one in expressions:
        parts |= {one} if operator == "AND" and " OR " in one else set(one.split(f" {operator} "))
    if len(parts) == 1:
        return parts.pop()
    return f" {operator} ".join(
        f"({one})" if operator == "AND" and " OR " in one else one for one in sorted(parts)
    )


def recognised(text):
    """The short names of the licences whose sentences are in a copyright file for people."""
    text = " ".join(re.sub(r"^[\s*#;/]+", "", line) for line in text.splitlines())
    text = re.sub(r"\s+", " ", text)
    terms = {f"{kind}-{version}+" for kind, version, _ in GNU_SHORT.findall(text)}
    named = set(re.findall(r"/common-licenses/([A-Z][A-Za-z0-9.-]*[A-Za-z0-9])", text))
    for kind, version, later in GNU_SENTENCE.findall(text):
        licence = f"{GNU_KINDS[kind.strip().lower()]}-{version}"
        if later:
            terms.add(f"{licence}+")
        else:
            named.add(licence)
    terms |= {term for term, sentence in SENTENCES if re.search(sentence, text, re.IGNORECASE)}
    for conditions in BSD_CONDITIONS.findall(text):
        if "advertising materials" in conditions:
            terms.add("BSD-4-clause")
        else:
            terms.add("BSD-3-clause" if "endorse" in conditions else "BSD-2-clause")
    for licence in named:
        if not any(re.match(rf"{re.escape(licence)}(?![A-Za-z0-9.])", term) for term in terms):
            # Which says the version of a text, but not whether later ones may be chosen.
            is_gnu = licence.startswith(tuple(GNU_KINDS.values()))
            terms.add(f"{licence}, perhaps with later versions" if is_gnu else licence)
    return terms


def licences(copyright_text):
    """What CycloneDX calls `licenses`: an expression where all names are SPDX's, and a list where some are not."""
    read = list(paragraphs(copyright_text))
    if read and "format" in read[0]:
        terms = {
            fields["license"].strip().split("\n")[0]
            for fields in read
            if "license" in fields and ("files" in fields or "format" in fields)
        }
        terms.discard("")
    else:
        terms = recognised(copyright_text)
    expressions = {term: spdx_of(term) for term in sorted(terms)}
    if terms and None not in expressions.values():
        return [{"expression": join(expressions.values(), "AND")}]
    found = set()
    for term, expression in expressions.items():
        found.add(("name" if expression is None or " " in expression else "id", expression or term))
    return [{"license": {kind: value}} for kind, value in sorted(found)]


def quoted(value):
    """As a package URL has it: all but its unreserved characters, colons and slashes is encoded."""
    return urllib.parse.quote(value, safe=":/")


def purl(kind, name, version, **qualifiers):
    pairs = "&".join(f"{key}={quoted(value)}" for key, value in sorted(qualifiers.items()) if value)
    return f"pkg:{kind}/{quoted(name)}@{quoted(version)}?{pairs}"


def files(root, paths):
    """Those of a component, as components of their own."""
    return [
        {
            "type": "file",
            "name": f"/{path.relative_to(root)}",
            "hashes": [
                {"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}
            ],
        }
        for path in sorted(paths)
    ]


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


class Package:
    """A Debian package of which something is in the root, or in the program."""

    def __init__(self, root, name):
        self.name = name
        self.fields = next(paragraphs(text_of(root / STATUS / name)), {})
        missing = [
            field
            for field in ("version", "architecture", "maintainer")
            if not self.fields.get(field)
        ]
        if missing:
            raise Unfit(f"{STATUS}/{name} has no field {missing[0].capitalize()}")
        self.version = self.fields["version"]
        # Old names of folders, such as /lib for /usr/lib, are links.
        sums = text_of(root / STATUS / f"{name}.md5sums").splitlines()
        self.sums = {
            (root / path).resolve(): sum for sum, path in (line.split(None, 1) for line in sums)
        }
        try:
            self.licences = licences(text_of(root / "usr/share/doc" / name / "copyright"))
        except FileNotFoundError:
            self.licences = []

    def is_in_program(self):
        """Whether the program is built from it, or loads it: which is all that a .deb has to do with it."""
        return self.fields.get("section") == "libdevel" or any(map(is_elf, self.sums))

    def source(self):
        """Name and version of the source package: what Debian's security tracker names."""
        found = re.fullmatch(r"(\S+)(?: \((\S+)\))?", self.fields.get("source", self.name))
        return found[1], found[2] or self.version

    def depends_on(self):
        """The names of packages, alternatives among them."""
        relations = [self.fields.get(field, "") for field in ("pre-depends", "depends")]
        return {
            re.match(r"[a-z0-9.+-]*", name.strip())[0]
            for name in re.split("[,|]", ",".join(relations))
        }

    def component(self, root, distribution, has_files):
        source, source_version = self.source()
        upstream = source if source_version == self.version else f"{source}@{source_version}"
        reference = purl(
            "deb/" + distribution["ID"],
            self.name,
            self.version,
            arch=self.fields["architecture"],
            distro=f"{distribution['ID']}-{distribution['VERSION_ID']}",
            # Where Syft and Grype have the source package.
            upstream="" if upstream == self.name else upstream,
        )
        maintainer, _, email = self.fields["maintainer"].rstrip(">").partition(" <")
        component = {
            "type": "library",
            "bom-ref": reference,
            "supplier": {
                "name": distribution["NAME"],
                "contact": [{"name": maintainer.strip('"'), **({"email": email} if email else {})}],
            },
            "name": self.name,
            "version": self.version,
            "description": self.fields.get("description", "").split("\n")[0],
            "licenses": self.licences,
            "purl": reference,
            "properties": [
                # Where Trivy has it.
                {"name": f"aquasecurity:trivy:{key}", "value": value}
                for key, value in zip(
                    ("SrcName", "SrcEpoch", "SrcVersion", "SrcRelease"),
                    (
                        source,
                        *re.fullmatch(r"(?:(\d+):)?(.*?)(?:-([^-]*))?", source_version).groups(),
                    ),
                )
                if value
            ],
        }
        if "homepage" in self.fields:
            component["externalReferences"] = [{"type": "website", "url": self.fields["homepage"]}]
        if has_files and self.sums:
            component["components"] = files(root, self.sums)
        return component


def packages_of(root):
    """All packages of the root, sorted by name, once nothing in it is without one."""
    if not (root / STATUS).is_dir():
        raise Unfit(f"{root} has no {STATUS}: expected a folder that collect-root.sh made")
    names = sorted(path.name for path in (root / STATUS).iterdir() if path.suffix != ".md5sums")
    packages = [Package(root, name) for name in names]
    nameless = [package.name for package in packages if not package.licences]
    if nameless:
        raise Unfit(
            f"no licence was recognised in usr/share/doc/…/copyright of {', '.join(nameless)}: "
            "SENTENCES in sbom.py has what is looked for"
        )
    return packages


def check_files(root, program, packages):
    """Nothing that runs is in the root but the program and what is a package's, byte for byte."""
    sums = {path: sum for package in packages for path, sum in package.sums.items()}
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or path == root / program:
            continue
        if path not in sums and is_elf(path):
            raise Unfit(f"/{path.relative_to(root)} belongs to no package of {STATUS}")
    for path, sum in sorted(sums.items()):
        if not path.is_file() or hashlib.md5(path.read_bytes()).hexdigest() != sum:
            raise Unfit(f"/{path.relative_to(root)} is not as its package has it")


def bill(arguments):
    """The whole document, as a dictionary."""
    root = arguments.root.resolve()
    packages = packages_of(root)
    program = pathlib.Path("usr/bin") / arguments.name
    check_files(root, program, packages)
    lines = text_of(root / "etc/os-release").splitlines()
    distribution = {
        key: value.strip('"')
        for key, value in (line.split("=", 1) for line in lines if "=" in line)
    }
    for key in ("ID", "VERSION_ID", "NAME", "PRETTY_NAME"):
        if key not in distribution:
            raise Unfit(f"etc/os-release has no {key}")
    if arguments.kind == "deb":
        packages = [package for package in packages if package.is_in_program()]
    components = [
        package.component(root, distribution, arguments.kind != "deb") for package in packages
    ]
    references = {component["name"]: component["bom-ref"] for component in components}
    # By which Trivy knows whose packages they are.
    system = {
        "type": "operating-system",
        "bom-ref": "operating-system",
        "name": distribution["ID"],
        "version": text_of(root / "etc/debian_version").strip(),
        "description": distribution["PRETTY_NAME"],
    }

    source = arguments.source
    artefact = {
        "type": "container" if arguments.kind == "container" else "application",
        "name": arguments.name,
        "version": arguments.version,
        "licenses": [{"license": {"id": "MIT"}}],
        "purl": purl(
            "generic",
            arguments.name,
            arguments.version,
            arch=arguments.architecture,
            vcs_url=source and f"git+{source}@{arguments.revision}",
        ),
        "properties": [
            {"name": f"{arguments.name}:kind", "value": arguments.kind},
            {"name": f"{arguments.name}:revision", "value": arguments.revision},
        ],
    }
    artefact["bom-ref"] = artefact["purl"]
    if arguments.kind != "deb":
        artefact["components"] = files(root, [root / program])
    if source:
        artefact["externalReferences"] = [{"type": "vcs", "url": source}]

    depends = {
        artefact["bom-ref"]: sorted([*references.values(), system["bom-ref"]]),
        system["bom-ref"]: [],
    }
    for package in packages:
        others = package.depends_on() & references.keys() - {package.name}
        depends[references[package.name]] = sorted(references[name] for name in others)

    metadata = {"lifecycles": [{"phase": "build"}], "component": artefact}
    if arguments.time is not None:
        metadata["timestamp"] = datetime.fromtimestamp(arguments.time, timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": metadata,
        "components": [*components, system],
        "dependencies": [
            {"ref": reference, **({"dependsOn": others} if others else {})}
            for reference, others in sorted(depends.items())
        ],
    }
    # The same content has the same number.
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document)).urn
    return document


class OneLine(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(say(2, f"{message}; --help has all of them"))


def say(status, message):
    print(f"sbom.py: {message}", file=sys.stderr)
    return status


def epoch(text):
    """Seconds since 1970, as SOURCE_DATE_EPOCH has them."""
    if not re.fullmatch(r"[0-9]{1,11}", text):
        raise argparse.ArgumentTypeError(
            f'got "{text}": expected seconds since 1970 (example: 1700000000)'
        )
    return int(text)


def word(text):
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*", text):
        raise argparse.ArgumentTypeError(f'got "{text}": expected letters, digits and . + ~ _ -')
    return text


def address(text):
    if text and not re.fullmatch(r"https?://[^\s/@]+/\S+", text):
        raise argparse.ArgumentTypeError(
            f'got "{text}": expected an address in the web, without user or password (example: '
            "https://example.com/team/prometheus-arkouda-exporter)"
        )
    return text


def main():
    parser = OneLine(
        description="Writes the bill of materials of an artefact, CycloneDX 1.5 in JSON.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--root", required=True, type=pathlib.Path, help="what collect-root.sh made"
    )
    parser.add_argument("--name", required=True, type=word, help="of the program in usr/bin")
    parser.add_argument("--version", required=True, type=word)
    parser.add_argument("--revision", required=True, type=word, help="the commit")
    parser.add_argument("--architecture", required=True, type=word, help="as Debian calls it")
    parser.add_argument("--kind", required=True, choices=("container", "tarball", "deb", "rpm"))
    parser.add_argument(
        "--time",
        type=epoch,
        default=os.environ.get("SOURCE_DATE_EPOCH") or None,
        help="seconds since 1970; SOURCE_DATE_EPOCH, or no time at all, where it is not given",
    )
    parser.add_argument(
        "--source", type=address, default="", help="where the sources are published"
    )
    parser.add_argument("output", metavar="OUT.cdx.json", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        document = bill(arguments)
        beside = arguments.output.with_name(f".{arguments.output.name}.new")
        beside.write_text(json.dumps(document, indent=1) + "\n")
        beside.replace(arguments.output)
    except (Unfit, OSError) as error:
        return say(1, error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
