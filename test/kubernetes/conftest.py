import pytest

from cluster import control_plane


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """One control plane for all tests of a run; each takes a namespace of its own."""
    with control_plane(tmp_path_factory.mktemp("cluster")) as running:
        yield running
