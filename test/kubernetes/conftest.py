import pathlib
import sys

# What these tests share with those of the workflows: processes, the control plane, schemas.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
pytest_plugins = ["shared_fixtures"]
