"""What a run of the tests has once, for the two folders that need it."""

import signal
import sys

import pytest

import schemas
from cluster import control_plane

# So that what a test started is ended, too.
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: sys.exit(128 + number))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """One control plane for all tests of a run; each takes a namespace of its own."""
    with control_plane(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="session")
def schema_folder(tmp_path_factory):
    """Where the schemas of a Kubernetes release are, made when they are first asked for."""
    parent = tmp_path_factory.mktemp("schemas")
    return lambda release: schemas.schema_folder(release, parent)
