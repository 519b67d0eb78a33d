"""What the values of parameters must be: the checks of settings.sh, under the same names.

None accepts a quote, a space, a brace, a newline or anything that is not ASCII, because the workflows put
the values into objects and scripts. The exception is the label, which is two words.
"""

from __future__ import annotations

import ipaddress
import math
import re
import socket
from dataclasses import dataclass
from fractions import Fraction
from typing import Callable, Mapping, Optional, Sequence, Union

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
_OBJECT_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_PART_OF_HOST = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NUMBER = r"0|[1-9][0-9]*"
_MOST_BYTES = 999999999999999999
# What YAML does not read as text.
_WORDS = {"y", "yes", "on", "true", "n", "no", "off", "false", "null"}
_RESERVED_KEYS = {
    f"app.kubernetes.io/{name}"
    for name in ("name", "instance", "component", "part-of", "managed-by", "version")
} | {"arkouda_instance", "launcher"}


@dataclass(frozen=True)
class Check:
    """Whether a text is what is wanted, in words; what it is in Python; and what the workflow takes in its
    place, with a word on it where that is another thing."""

    wanted: str
    accepts: Callable[[str], bool]
    convert: Callable[[str], object] = str
    taken: Callable[[str], tuple[str, str]] = lambda text: (text, "")


Taken = Mapping[str, str]  # the values of the parameters before it, as far as they are right


def _matches(pattern: str, longest: int) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: len(text) <= longest and compiled.fullmatch(text) is not None


def _integer(least: int, most: int) -> Check:
    is_number = _matches(_NUMBER, len(str(most)))
    return Check(
        f"an integer from {least} to {most}",
        lambda text: is_number(text) and least <= int(text) <= most,
        int,
    )


def _one_of(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"


def _choice(*choices: str) -> Check:
    return Check(_one_of(choices), lambda text: text in choices)


def _is_text_in_yaml(text: str) -> bool:
    return text[:1].isalpha() and text.lower() not in _WORDS


_is_label_value = _matches(_LABEL, 63)
_is_object_name = _matches(_OBJECT_NAME, 253)
_is_name = _matches(rf"(?!_){_PART_OF_HOST}(\.{_PART_OF_HOST})*", 253)
_is_decimal = _matches(r"[0-9]+(\.[0-9]+)?", 18)
_is_repository = _matches("[a-z0-9]([a-z0-9._/-]*[a-z0-9])?", 255)


def _is_new_label_key(key: str) -> bool:
    prefix, slash, name = key.partition("/")
    if key in _RESERVED_KEYS:
        return False
    if slash:
        return _is_object_name(prefix) and _is_label_value(name)
    return _is_label_value(key) and _is_text_in_yaml(key)


def _is_label_value_in_yaml(text: str) -> bool:
    if quoted := re.fullmatch('"([^"]*)"', text):
        return _is_label_value(quoted[1])
    return _is_label_value(text) and _is_text_in_yaml(text)


def _is_match_label(text: str) -> bool:
    key, colon, value = text.partition(": ")
    return bool(colon) and _is_new_label_key(key) and _is_label_value_in_yaml(value)


def _is_positive_decimal(text: str) -> bool:
    return _is_decimal(text) and any(digit in "123456789" for digit in text)


def _is_cpu(text: str) -> bool:
    # Kubernetes counts in thousandths.
    if re.search(r"\.(.*m\Z|....)", text, re.S):
        return False
    return _is_positive_decimal(text.removesuffix("m"))


def _is_memory(text: str) -> bool:
    # Without m, as Kubernetes would take 2048m for two bytes.
    return _is_positive_decimal(re.sub(r"([KMGTPE]i|[kMGTPE])\Z", "", text))


_UNITS = {"": 1}
_UNITS |= {unit: 1000**power for power, unit in enumerate("kMGTP", 1)}
_UNITS |= {f"{unit}i": 1024**power for power, unit in enumerate("KMGTP", 1)}


def bytes_of(memory: str) -> Optional[int]:
    """The whole bytes of a memory that is right; None where the scripts can't count them: see settings.sh."""
    found = re.fullmatch(r"(([0-9]+)[0-9.]*)(.*)", memory)
    assert found, memory
    unit = _UNITS.get(found[3])
    if unit is None or int(found[2]) >= _MOST_BYTES // unit:
        return None
    return math.floor(Fraction(found[1]) * unit)


def _is_host_name(text: str) -> bool:
    return _is_name(text.removesuffix("."))


def _registry_of(image: str) -> str:
    first, slash, _ = image.partition("/")
    return first if slash and (re.search("[.:]", first) or first == "localhost") else ""


def _is_registry(text: str) -> bool:
    host, colon, port = text.partition(":")
    return _is_host_name(host) and (not colon or _is_port.accepts(port))


def _is_image_without_tag(text: str) -> bool:
    """Its tag is a parameter of its own. Registries have no capital letters in what follows their own name."""
    registry, repository = _registry_of(text), text
    if registry:
        repository = text[len(registry) + 1 :]
    is_known = not registry or _is_registry(registry)
    return is_known and len(text) <= 255 and _is_repository(repository) and "//" not in repository


def _is_ipv6_address(text: str) -> bool:
    if not re.fullmatch("[0-9A-Fa-f:.]+", text):
        return False
    try:
        socket.inet_pton(socket.AF_INET6, text)
    except OSError:
        return False
    return True


def _is_host(text: str) -> bool:
    """By the exporter's rules (common/host_port.cc): it would end at once with what is refused here."""
    found = re.fullmatch(
        r"(\[)?(?P<address>[^\[\]%]*:[^\[\]%]*)(%[A-Za-z0-9._-]{1,15})?(?(1)\])", text
    )
    return _is_ipv6_address(found["address"]) if found else _is_host_name(text)


def _is_url(text: str) -> bool:
    found = re.fullmatch(
        r"https?://(\[([^\]]*)\]|[^:/\[\]]*)(:([^/]*))?(/[A-Za-z0-9._~%/-]*)?", text
    )
    if not found or found[4] is not None and not _is_port.accepts(found[4]):
        return False
    return _is_host_name(found[1]) if found[2] is None else _is_ipv6_address(found[2])


def _is_here(url: str) -> bool:
    """Whether a pod would find only itself there."""
    host = re.sub("^https?://", "", url).partition("/")[0]
    found = re.fullmatch(r"\[(.*)\](:.*)?", host)
    return _is_this_machine(found[1] if found else host.partition(":")[0])


def _is_this_machine(host: str) -> bool:
    """A host without brackets."""
    if re.fullmatch(r"(.*\.)?localhost\.?", host, re.I):
        return True
    # As Linux distributions call it in /etc/hosts.
    names = r"localhost\.localdomain|localhost[46](\.localdomain[46])?|ip6-localhost|ip6-loopback"
    if re.fullmatch(rf"({names})\.?", host):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _url_for_pods(url: str) -> tuple[str, str]:
    if not _is_here(url):
        return url, ""
    taken = "https://kubernetes.default.svc"
    return taken, f"is {url}, where a pod finds only itself: {taken} is taken instead"


# What the workflow takes of these is a line of YAML.


def _line(form: str) -> Callable[[str], tuple[str, str]]:
    return lambda text: (form % text, "")


def _is_qualified_name(key: str) -> bool:
    prefix, slash, name = key.partition("/")
    return _is_object_name(prefix) and _is_label_value(name) if slash else _is_label_value(key)


_is_annotation_value = _matches("[A-Za-z0-9._:/@+-]+", 1 << 18)


def _is_label_value_or_nothing(text: str) -> bool:
    return not text or _is_label_value(text)


def _are_pairs(text: str, is_value: Callable[[str], bool]) -> bool:
    """None is there twice, in which YAML has the last word."""
    pairs = [part.partition("=") for part in text.split(",")]
    return len({key for key, _, _ in pairs}) == len(pairs) and all(
        _is_qualified_name(key) and equals and is_value(value) for key, equals, value in pairs
    )


def _pairs(field: str) -> Callable[[str], tuple[str, str]]:
    def line(text: str) -> tuple[str, str]:
        pairs = (part.partition("=") for part in text.split(","))
        return field + ": {" + ", ".join(f'"{key}": "{value}"' for key, _, value in pairs) + "}", ""

    return line


_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def _is_toleration(text: str) -> bool:
    taint, colon, effect = text.rpartition(":")
    key, equals, value = taint.partition("=")
    return (
        effect in _EFFECTS
        and _is_qualified_name(key)
        and (not equals or _is_label_value_or_nothing(value))
    )


def _are_tolerations(text: str) -> bool:
    taints = text.split(",")
    return len(set(taints)) == len(taints) and all(map(_is_toleration, taints))


def _toleration(text: str) -> str:
    taint, _, effect = text.rpartition(":")
    key, equals, value = taint.partition("=")
    rest = f'"value": "{value}"' if equals else '"operator": "Exists"'
    return f'{{"key": "{key}", "effect": "{effect}", {rest}}}'


def _tolerations(text: str) -> tuple[str, str]:
    return "tolerations: [" + ", ".join(map(_toleration, text.split(","))) + "]", ""


_has_characters_of_paths = _matches("/[A-Za-z0-9._/-]+", 1 << 18)


def _is_path(text: str) -> bool:
    return _has_characters_of_paths(text) and "//" not in text and ".." not in text


def _volume(text: str) -> tuple[str, str]:
    if text.startswith("/"):
        return f'hostPath: {{"path": "{text}"}}', ""
    return f'persistentVolumeClaim: {{"claimName": "{text}"}}', ""


_PATH = (
    "a slash and letters, digits and . _ / -, without two dots or two slashes one after the other"
)
_OBJECT_NAME_WANTED = (
    "at most 253 lower-case letters, digits, hyphens and dots, each dot between letters or digits"
)
_SERVICE_NAME = "[a-z]([a-z0-9-]*[a-z0-9])?"
_HYPHENS = "lower-case letters, digits and hyphens"

_is_service_name = Check(
    f"at most 63 {_HYPHENS}, a letter first, no hyphen last", _matches(_SERVICE_NAME, 63)
)
_is_count = _integer(1, 2147483647)
_is_id = _integer(1, 4294967294)  # 0 is root's
_is_port = _integer(1, 65535)


def _one_more_than_locales(taken: Taken) -> Check:
    wanted, accepts = "ARKOUDA_NUMBER_OF_LOCALES plus one", _is_count.accepts
    if locales := taken.get("arkouda-number-of-locales"):
        total = str(int(locales) + 1)
        wanted, accepts = f"{total}, which is {wanted}", total.__eq__
    return Check(wanted, accepts, int)


def _bytes_of_memory(taken: Taken) -> Check:
    """A pod is one locale. What it uses beyond its memory, it is killed for."""
    most = bytes_of(taken["memory"]) if "memory" in taken else None
    if most is None:
        return _integer(1, _MOST_BYTES)
    rule = _integer(1, most)
    return Check(f"{rule.wanted}, which is ARKOUDA_MEMORY", rule.accepts, int)


def _own_metrics_host(taken: Taken) -> Check:
    """That the exporter, in the server's pod, has Arkouda's metrics at: the pod itself, or the Service that
    Arkouda registers. Nothing would ever answer at another."""
    service = taken.get("arkouda-instance-name", "ARKOUDA_INSTANCE_NAME") + "-metrics"
    space = taken.get("arkouda-namespace", "ARKOUDA_NAMESPACE")
    names = [service, f"{service}.{space}", f"{service}.{space}.svc"]
    is_known = {"arkouda-instance-name", "arkouda-namespace"} <= taken.keys()

    def accepts(text: str) -> bool:
        if text in ("localhost", "127.0.0.1", "::1", "[::1]"):
            return True
        name = text.removesuffix(".")
        is_own = not is_known or name in names or name.startswith(f"{names[-1]}.")
        return is_own and _is_host_name(text)

    return Check(
        f"localhost, 127.0.0.1, ::1 or {service}, the Service that Arkouda registers, alone or followed by "
        f".{space}, .{space}.svc or .{space}.svc and the domain of the cluster",
        accepts,
    )


def _uid(taken: Taken) -> Check:
    """The image's user ubuntu has 1000, and nobody else can have that."""
    user = taken.get("arkouda-user")
    if user is None:
        return _is_id
    if user == "ubuntu":
        return Check("1000, which the user ubuntu has in the image", "1000".__eq__, int)
    return Check(
        f"{_is_id.wanted}, but not 1000, which the user ubuntu has in the image",
        lambda text: _is_id.accepts(text) and text != "1000",
        int,
    )


def _gid(taken: Taken) -> Check:
    """Several groups may have the same number."""
    if taken.get("arkouda-group") == "ubuntu":
        return Check("1000, which the group ubuntu has in the image", "1000".__eq__, int)
    return _is_id


def _mount_path(taken: Taken) -> Check:
    """What the pods have there would be hidden. And into the homes they install keys, which would replace
    those that somebody has in the volume."""
    names = "bin boot dev etc lib lib32 lib64 proc root run sbin sys usr opt/arkouda opt/arkouda-contrib"
    names += " opt/arkouda-launch opt/sa home/ubuntu"
    below = [f"/{name}/" for name in names.split()]
    below.append(f"/home/{taken.get('arkouda-user', 'ubuntu')}/")

    def accepts(text: str) -> bool:
        folder = text.removesuffix("/") + "/"
        is_free = folder not in ("/home/", "/opt/", "/tmp/", "/var/")
        return is_free and not folder.startswith(tuple(below)) and _is_path(text)

    return Check(
        f"{_PATH}; and not what the pods have already: the folders of the system, /opt/arkouda, "
        "/opt/arkouda-contrib, /opt/arkouda-launch, /opt/sa, the homes of ubuntu and ARKOUDA_USER, and what "
        "these are in",
        accepts,
    )


def _free_service_name(taken: Taken) -> Check:
    """Not the name of a Service that Arkouda registers or the workflow makes."""
    instance = taken.get("arkouda-instance-name", "ARKOUDA_INSTANCE_NAME")
    suffixes = ["-metrics", "-server-ssh", "-server-headless", "-locale-ssh", "-locale-headless"]
    names = [instance, *(instance + suffix for suffix in suffixes)]
    return Check(
        f"{_is_service_name.wanted}, but not {instance} by itself or followed by {_one_of(suffixes)}, "
        "which are Arkouda's own Services",
        lambda text: _is_service_name.accepts(text) and text not in names,
    )


# A check that depends on the parameters before it is a function of them.
_LABEL_VALUE = Check(
    "at most 63 letters, digits, hyphens, underscores and dots, a letter or digit at both ends",
    _is_label_value,
)

CHECKS: dict[str, Union[Check, Callable[[Taken], Check]]] = {
    "is_dns_label": Check(
        f"at most 63 {_HYPHENS}, no hyphen first or last",
        _matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?", 63),
    ),
    "is_service_name": _is_service_name,
    "is_free_service_name": _free_service_name,
    # The longest name of a Service that begins with it ends with -metrics-exporter.
    "is_instance_name": Check(
        f"at most 46 {_HYPHENS}, a letter first, no hyphen last", _matches(_SERVICE_NAME, 46)
    ),
    "is_object_name": Check(_OBJECT_NAME_WANTED, _is_object_name),
    "is_label_value": _LABEL_VALUE,
    # Of the tags of images those that can be a label's value, too: it is in app.kubernetes.io/version.
    "is_image_tag": _LABEL_VALUE,
    "is_match_label": Check(
        "KEY: VALUE with one colon and one space, a label that the ServiceMonitor does not have already, "
        "with a value such as true or 1 in double quotes",
        _is_match_label,
    ),
    "is_count": _is_count,
    "is_one_more_than_locales": _one_more_than_locales,
    "is_bytes_of_memory": _bytes_of_memory,
    "is_uid": _uid,
    "is_gid": _gid,
    "is_port": _is_port,
    # Three ports are taken: by SSH, the exporter and Arkouda's clients.
    "is_free_port": Check(
        "an integer from 1 to 65535, but not 22, 5080 or 5555, which the pod uses already",
        lambda text: _is_port.accepts(text) and text not in ("22", "5080", "5555"),
        int,
    ),
    "is_seconds": _integer(1, 86400),  # that is the exporter's longest interval
    "is_cpu": Check(
        "a number of cores with at most three decimals, or of thousandths of a core followed by m",
        _is_cpu,
    ),
    "is_memory": Check(
        "a number of bytes, by itself or with a unit: Ki, Mi, Gi, Ti, Pi, Ei, k, M, G, T, P or E",
        _is_memory,
    ),
    "is_image_without_tag": Check(
        "the name of an image, with or without a registry, in lower case and without a tag",
        _is_image_without_tag,
    ),
    # Another than the exporter's own pod, which would ask itself.
    "is_host_elsewhere": Check(
        "a host name or an IP address, without a port, but not of this machine, as localhost",
        lambda text: _is_host(text) and not _is_this_machine(text.strip("[]")),
    ),
    "is_own_metrics_host": _own_metrics_host,
    "is_url_of_cluster": Check(
        "a URL: http:// or https://, a host, and if need be a port and a path",
        _is_url,
        taken=_url_for_pods,
    ),
    "is_posix_name": Check(
        "at most 32 letters, digits, dots, underscores and hyphens, a letter or underscore first, "
        "but not root",
        _matches(r"(?!root\Z)[A-Za-z_][A-Za-z0-9._-]*", 32),
    ),
    "is_log_level": _choice(
        *(f"LogLevel.{level}" for level in ("DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"))
    ),
    "is_pull_policy": _choice("Always", "IfNotPresent", "Never"),
    "is_boolean": Check(
        "true or false", lambda text: text in ("true", "false"), lambda text: text == "true"
    ),
    "is_pull_secret": Check(
        f"the name of a Secret: {_OBJECT_NAME_WANTED}",
        _is_object_name,
        taken=_line('imagePullSecrets: [{"name": "%s"}]'),
    ),
    "is_priority_class": Check(
        f"the name of a PriorityClass: {_OBJECT_NAME_WANTED}",
        _is_object_name,
        taken=_line('priorityClassName: "%s"'),
    ),
    "is_node_selector": Check(
        "KEY=VALUE or KEY=, with commas between several, each a label of a node",
        # Those that say a node's role have no value: node-role.kubernetes.io/worker=
        lambda text: _are_pairs(text, _is_label_value_or_nothing),
        taken=_pairs("nodeSelector"),
    ),
    "is_tolerations": Check(
        "KEY=VALUE:EFFECT or KEY:EFFECT, with commas between several, "
        "EFFECT NoSchedule, PreferNoSchedule or NoExecute",
        _are_tolerations,
        taken=_tolerations,
    ),
    "is_annotations": Check(
        "KEY=VALUE, with commas between several, VALUE of letters, digits and . _ : / @ + -",
        lambda text: _are_pairs(text, _is_annotation_value),
        taken=_pairs("annotations"),
    ),
    "is_volume": Check(
        f"the name of a claim, or a path: {_PATH}",
        lambda text: _is_path(text) if text.startswith("/") else _is_object_name(text),
        taken=_volume,
    ),
    "is_mount_path": _mount_path,
}


def check(name: str, taken: Taken) -> Check:
    """The check of that name, after what has been taken."""
    found = CHECKS[name]
    return found if isinstance(found, Check) else found(taken)


# ------------------------------------------------------------------------------------------- in messages

_LONGEST_SHOWN = 100


def _utf_8(text: str) -> bytes:
    """As in the environment: bytes that are not UTF-8 are surrogates there."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code & 0xFF:02x}"
    if known := {"\t": "\\t", "\n": "\\n", "\r": "\\r"}.get(character):
        return known
    if character in '"\\':
        return f"\\{character}"
    if " " <= character <= "~":
        return character
    return (
        f"\\x{code:02x}"
        if code < 0x80
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def quoted(text: str) -> str:
    """A value for a message, on one line in which nothing hides: anything that is not printable ASCII is
    escaped, as a code point or, where it is not UTF-8, as a byte, and a long value is cut."""
    found = _utf_8(text)
    shown = found[:_LONGEST_SHOWN].decode("utf-8", "surrogateescape")
    end = f"... ({len(found)} bytes)" if len(found) > _LONGEST_SHOWN else ""
    return '"' + "".join(map(_escaped, shown)) + f'"{end}'


# What nobody sees in a value, or takes for something else.
_HIDDEN = [
    (r"\r\Z", "a line of a file with Windows line ends?"),
    (r"\n", "it has a line break"),
    (r"[\x01-\x1f\x7f]", "it has a control character"),
    (r"\A | \Z", "it has a space before or after it"),
    ("[\u2018-\u201f]", "it has curly quotes, as a word processor makes them"),
    ("[\u2010-\u2015]", "it has a dash for a hyphen, as a word processor makes it"),
    ("\u00a0", "it has a no-break space, as a web page has it"),
    (r"[^ -~]", "it has a character that is not ASCII"),
    (r"""\A(".*"|'.*')\Z""", "it has the quotes in it"),
    (r"\$|\A<.*>\Z|\{\{", "a placeholder that was not replaced?"),
]


def slip_in(name: str, text: str) -> str:
    """What about a text that a check refuses is wrong, where that can be told: the slip that it looks like,
    else the first thing that may not be there. Empty where the check's own words say it all."""
    for pattern, slip in _HIDDEN:
        if re.search(pattern, text):
            return slip
    if name == "is_match_label":
        return _slip_in_label(text)
    if name == "is_memory":
        return _slip_in_memory(text)
    if name in _WORDS_OF:
        return _slip_in_word(name, text)
    if name in _KEYS_OF:
        return _slip_in_list(name, text)
    if name == "is_volume":
        name = "is_path" if text.startswith("/") else "is_object_name"
    if name == "is_host_elsewhere" and _is_host(text):
        return "a pod finds only itself there"
    if name == "is_mount_path":
        if _is_path(text):
            return "the pods have something there"
        name = "is_path"
    return _slip_in_number(name, text) if name in _NUMBERS else _slip_in_name(name, text)


def _slip_in_label(text: str) -> str:
    if text.count(":") > 1:
        return "it has more than one colon"
    if "=" in text:
        return "it has = in place of a colon and a space"
    if " :" in text:
        return "it has a space before the colon"
    if ":  " in text:
        return "it has more than one space after the colon"
    key, colon, value = text.partition(": ")
    if not colon:
        if text.endswith(":"):
            return "it has nothing after the colon"
        return "it has no space after the colon" if ":" in text else "it has no colon"
    if not _is_label_value(key.partition("/")[2] if "/" in key else key):
        return f"its key {quoted(key)} is not that of a label"
    if not _is_new_label_key(key):
        if "/" in key:
            return f"its key {quoted(key)} is not that of a label, or is one that the ServiceMonitor has"
        return f"its key {quoted(key)} is not text in YAML"
    if _is_label_value(value):
        return f'its value is not text in YAML: {key}: "{value}"?'
    return f"its value {quoted(value)} is not that of a label"


def _slip_in_memory(text: str) -> str:
    """Of units as people write them, the two that they may mean."""
    found = re.fullmatch("([0-9.]*) ?([kmgtpe])(i|b|ib)?", text, re.I)
    if found and _is_positive_decimal(found[1]):
        large = found[2].upper()
        small = "k" if large == "K" else large
        return f"{found[1]}{large}i, or {found[1]}{small}, which is less?"
    return _slip_in_name("is_memory", text)


_NUMBERS = {"is_count", "is_bytes_of_memory", "is_seconds", "is_uid", "is_gid", "is_port"}
_NUMBERS |= {"is_free_port", "is_one_more_than_locales"}


def _slip_in_number(name: str, text: str) -> str:
    is_id = name in ("is_uid", "is_gid")
    if is_id and text == "0":
        return "that is root's"
    if re.match("-[0-9]", text):
        return "it is negative"
    if re.match("0[0-9]", text):
        return "it begins with 0"
    if is_id and re.match("[A-Za-z_]", text):
        return "a name in place of its number?"
    if name == "is_seconds" and re.search(r"[0-9]s\Z", text):
        return "it has a unit"
    if name == "is_bytes_of_memory" and re.fullmatch("[0-9].*[BEGKMPTgikmb]", text):
        plain = bytes_of(text) if _is_memory(text) else None
        return "it has a unit" if plain is None else f"it has a unit: {plain}?"
    return _slip_in_name(name, text)


_WORDS_OF = {
    "is_boolean": ("", ["true", "false"]),
    "is_pull_policy": ("", ["Always", "IfNotPresent", "Never"]),
    "is_log_level": ("LogLevel.", ["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"]),
}


def _slip_in_word(name: str, text: str) -> str:
    before, words = _WORDS_OF[name]
    asked = text.rpartition(".")[2].lower()
    if name == "is_boolean":
        asked = "true" if asked in ("yes", "y", "on", "1") else asked
        asked = "false" if asked in ("no", "n", "off", "0") else asked
    return next((f"{before}{word}?" for word in words if word.lower() == asked), "")


# What has keys in a list.
_KEYS_OF = {"is_node_selector": "a label", "is_tolerations": "a taint"}
_KEYS_OF["is_annotations"] = "an annotation"


def _slip_in_list(name: str, text: str) -> str:
    """Of the first part that is wrong by itself."""
    accepts = check(name, {}).accepts
    part = next((part for part in text.split(",") if not accepts(part)), None)
    if part is None:
        return "it has one of them twice"
    if not part:
        return "it has a comma too many"
    if " " in part:
        return "it has a space"
    if name == "is_tolerations":
        taint, colon, effect = part.rpartition(":")
        if not colon or effect not in _EFFECTS:
            return f"{quoted(part)} does not end with one of these effects"
        part = taint
    elif "=" not in part:
        return f"{quoted(part)} has no ="
    key, _, value = part.partition("=")
    if not _is_qualified_name(key):
        return f"its key {quoted(key)} is not that of {_KEYS_OF[name]}"
    return f"its value {quoted(value)} is not that of {_KEYS_OF[name]}"


# The characters that may be in it, first and last; and how many.
_SERVICE = ("a-z0-9-", "a-z", "a-z0-9", 63)
_HOST = (r"\]\[A-Za-z0-9._:%-", r"\]\[A-Za-z0-9:", r"\]\[A-Za-z0-9._:-", 253)
_CHARACTERS = {
    "is_dns_label": ("a-z0-9-", "a-z0-9", "a-z0-9", 63),
    "is_service_name": _SERVICE,
    "is_free_service_name": _SERVICE,
    "is_instance_name": ("a-z0-9-", "a-z", "a-z0-9", 46),
    "is_object_name": ("a-z0-9.-", "a-z0-9", "a-z0-9", 253),
    "is_pull_secret": ("a-z0-9.-", "a-z0-9", "a-z0-9", 253),
    "is_priority_class": ("a-z0-9.-", "a-z0-9", "a-z0-9", 253),
    "is_label_value": ("A-Za-z0-9._-", "A-Za-z0-9", "A-Za-z0-9", 63),
    "is_image_tag": ("A-Za-z0-9._-", "A-Za-z0-9", "A-Za-z0-9", 63),
    "is_posix_name": ("A-Za-z0-9._-", "A-Za-z_", "A-Za-z0-9._-", 32),
    "is_image_without_tag": ("a-z0-9._:/@-", "a-z0-9", "a-z0-9", 255),
    "is_host_elsewhere": _HOST,
    "is_own_metrics_host": _HOST,
    "is_url_of_cluster": (r"\]\[A-Za-z0-9._~:/%-", "A-Za-z", r"\]\[A-Za-z0-9._~:/%-", None),
    "is_cpu": ("0-9.m", "0-9", "0-9m", None),
    "is_memory": ("0-9.kKMGTPEi", "0-9", "0-9kMGTPEi", None),
    "is_path": ("A-Za-z0-9._/-", "/", "A-Za-z0-9._/-", None),
}
_DIGITS = ("0-9", "0-9", "0-9", None)


def _slip_in_name(name: str, text: str) -> str:
    characters, first, last, most = _CHARACTERS.get(name, _DIGITS)
    if name == "is_url_of_cluster":
        if not re.match("https?://", text):
            return "it does not begin with http:// or https://"
    elif "://" in text:
        return "it begins as a URL does"
    if name in ("is_host_elsewhere", "is_own_metrics_host") and re.fullmatch(
        "[^:]*:[0-9][^:]*", text
    ):
        return "it has a port"
    if name == "is_image_tag" and text.startswith("sha256:"):
        return "a digest in place of a tag?"
    if name == "is_image_tag" and re.search("[:/]", text):
        return "the tag alone, without the name of the image?"
    if name == "is_image_without_tag" and re.search("[:@]", text.rpartition("/")[2]):
        return "it has a tag or a digest"
    if name == "is_image_without_tag" and _is_registry(registry := _registry_of(text)):
        text = text[len(registry) + 1 :]
        if not text:
            return "it has nothing after the registry"
    if strange := re.search(f"[^{characters}]", text):
        is_lower_case = characters.startswith("a-z")
        if is_lower_case and "A" <= strange[0] <= "Z":
            return f"it has a capital letter, {strange[0]}"
        if is_lower_case and strange[0] == "_":
            return "it has an underscore: a hyphen?"
        return "it has a space" if strange[0] == " " else f"it has {quoted(strange[0])}"
    if not re.match(f"[{first}]", text):
        return f"it begins with {quoted(text[0])}"
    if not re.search(rf"[{last}]\Z", text):
        return f"it ends with {quoted(text[-1])}"
    return f"it has {len(text)} characters" if most is not None and len(text) > most else ""
