import contextlib
import pathlib
import sys

import pytest

# What these tests share with those of the manifests: processes, exporter, Prometheus.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from slurm import Slurm


@pytest.fixture(scope="session")
def slurm():
    """A cluster of two nodes for all tests of a run."""
    with contextlib.ExitStack() as stack:
        yield Slurm(stack)
