import pathlib
import sys

import pytest

# What these tests share with those of the manifests: processes, the control plane, schemas. The manifests
# themselves are read as those tests read them, by variants.py.
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(TESTS / "cluster"), str(TESTS / "kubernetes")]
pytest_plugins = ["shared_fixtures"]

from argo import workflow_controller
from scripts import Machine


@pytest.fixture(scope="session")
def argo(cluster, tmp_path_factory):
    """One workflow controller for all tests of a run."""
    with workflow_controller(cluster, tmp_path_factory.mktemp("argo")) as running:
        yield running


@pytest.fixture
def namespace(cluster, argo):
    """A bare one, which lets Arkouda in: its image starts as its user ubuntu and uses sudo, which the
    restricted standard forbids."""
    with cluster.namespace("baseline") as name:
        yield name


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)
