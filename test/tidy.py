"""Runs clang-tidy over sources, several at once, and remembers those that are clean. `sh test/tidy.sh` calls it.

A verdict depends on what clang-tidy is, how it is told to compile a source, its configuration, and every file
that it reads. clang-scan-deps says which files those are: its preprocessor is that of clang-tidy, where g++ and
the build's own lists would leave out headers that clang alone reads. A hash of all that is the name of an empty
file in the cache. What has findings, or can't be compiled, is looked at in every run.
"""

import collections
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

TIDY = "clang-tidy-14"
SCAN = "clang-scan-deps-14"
OPTIONS = ["--quiet", "-p", "build/release", "--extra-arg=-Wno-unknown-warning-option"]
COMMANDS = pathlib.Path("build/release/compile_commands.json")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
REMEMBERED = CACHE / "prometheus-arkouda-exporter" / "tidy"
KEPT_SECONDS = 30 * 24 * 3600


def without_root(text):
    """So that another clone knows the same verdicts."""
    return text.replace(f"{os.getcwd()}/", "")


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout


def compile_commands():
    """The commands for each source, as the build has them."""
    commands = collections.defaultdict(list)
    for entry in json.loads(COMMANDS.read_text()):
        commands[entry["file"]].append(without_root(entry["command"]))
    return commands


def files_read():
    """The files that are read for each source, the source first. One that can't be scanned is left out."""
    files = collections.defaultdict(list)
    rules = output_of(SCAN, f"--compilation-database={COMMANDS}", f"-j={os.cpu_count()}")
    for rule in rules.replace("\\\n", " ").splitlines():
        names = re.split(r"(?<!\\)\s+", rule.partition(": ")[2].strip())
        names = [re.sub(r"\\([ #])", r"\1", name).replace("$$", "$") for name in names]
        files[names[0]] += names
    return files


@functools.cache
def configurations(folder):
    """The files .clang-tidy of a folder and of those above it."""
    above = [] if folder == folder.parent else configurations(folder.parent)
    own = folder / ".clang-tidy"
    return above + [str(own)] if own.is_file() else above


def digest_of(file):
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()


def key_of(commands, files, digest):
    """What a verdict depends on, as one hash."""
    everything = sorted(
        {*files, *(c for file in files for c in configurations(pathlib.Path(file).parent))}
    )
    parts = [*OPTIONS, *commands, *(f"{digest(file)} {without_root(file)}" for file in everything)]
    return hashlib.sha256("\0".join([version(), *parts]).encode()).hexdigest()


@functools.cache
def version():
    """Without the processor, which the program names, too."""
    return re.search(r".*version.*", output_of(TIDY, "--version"))[0].strip()


def look_at(source, commands, files, key):
    """Whether the source is clean. What is found is printed."""
    run = subprocess.run([TIDY, *OPTIONS, source], capture_output=True, text=True, check=False)
    clean = run.returncode == 0 and not run.stdout
    if not clean:
        print(run.stdout + run.stderr, end="", flush=True)
    # Somebody may have written to a file since it was read for the key.
    elif key and key == key_of(commands, files, digest_of):
        (REMEMBERED / key).touch()
    return clean


def main(sources):
    REMEMBERED.mkdir(parents=True, exist_ok=True)
    for verdict in REMEMBERED.iterdir():
        if verdict.stat().st_mtime < time.time() - KEPT_SECONDS:
            verdict.unlink(missing_ok=True)

    commands, files = compile_commands(), files_read()
    digest = functools.cache(digest_of)  # most files are read for many sources
    left = []
    for source in sources:
        path = os.path.abspath(source)
        key = key_of(commands[path], files[path], digest) if path in files else None
        if key and (REMEMBERED / key).exists():
            (REMEMBERED / key).touch()
        else:
            left.append((source, commands[path], files[path], key))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            clean = list(pool.map(lambda arguments: look_at(*arguments), left))
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    print(
        f"{len(sources)} sources: {len(left)} looked at, {len(sources) - len(left)} remembered as clean; "
        f"{clean.count(False)} with findings"
    )
    return int(not all(clean))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
