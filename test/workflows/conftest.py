import pathlib
import sys

# What these tests share with those of the manifests: processes, the control plane, schemas.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "kubernetes"))
