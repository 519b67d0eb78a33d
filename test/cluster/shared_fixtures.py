"""What a run of the tests has once, for the two folders that need it."""

import signal

import pytest

import schemas
from cluster import control_plane
from node import network, node as running_node


def end(number, _):
    """Ends the run, and not only the test, with what it has started."""
    pytest.exit(f"ended by {signal.Signals(number).name}", returncode=128 + number)


for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, end)


@pytest.fixture(scope="session")
def node_network(tmp_path_factory):
    """The network of the node; None where this machine can't have one."""
    with network(tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest.fixture(scope="session")
def cluster(node_network, tmp_path_factory):
    """One control plane for all tests of a run; each takes a namespace of its own."""
    with control_plane(tmp_path_factory.mktemp("cluster"), node_network) as running:
        yield running


@pytest.fixture(scope="session")
def node(cluster, node_network, tmp_path_factory):
    """Its node, where pods run."""
    with running_node(cluster, node_network, tmp_path_factory.mktemp("node")) as running:
        yield running


@pytest.fixture(scope="session")
def schema_folder(tmp_path_factory):
    """Where the schemas of a Kubernetes release are, made when they are first asked for."""
    parent = tmp_path_factory.mktemp("schemas")
    return lambda release: schemas.schema_folder(release, parent)
