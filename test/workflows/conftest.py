import pathlib
import sys

import pytest

# What these tests share with those of the manifests: processes, the control plane, schemas. The manifests
# themselves are read as those tests read them, by variants.py.
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(TESTS / "cluster"), str(TESTS / "kubernetes")]
pytest_plugins = ["shared_fixtures"]

import images
from argo import workflow_controller
from scripts import Machine
from templates import DEPLOY, DEPLOY_EXPORTER, all_steps


@pytest.fixture(scope="session")
def argo(cluster, node, tmp_path_factory):
    """One workflow controller for all tests of a run, with a node for what it makes."""
    executor = images.argo_executor()
    node.load(executor)
    for name in (DEPLOY, DEPLOY_EXPORTER):
        for step in all_steps(name, skip=False):
            node.load_images_of(step.manifest)
    with workflow_controller(cluster, executor, tmp_path_factory.mktemp("argo")) as running:
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
