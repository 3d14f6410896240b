# SPDX-License-Identifier: Apache-2.0
"""The networks that tests use, as complete files: models/, the small networks of the passes' tests, and the graphs of
tests/models with their seeded weights. None of them needs PyTorch."""

import dataclasses
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
GRAPHS = ROOT / "tests/models/graphs"
SUFFIX = ".onnx.gz"


@dataclasses.dataclass(frozen=True)
class Network:
    name: str
    path: pathlib.Path  # of the .onnx file, or of the graph without weights

    def file(self, folder):
        """A complete .onnx file; a graph is filled into `folder`."""
        if not self.path.name.endswith(SUFFIX):
            return self.path
        sys.path.insert(0, str(ROOT / "tests/models"))
        import fill  # needs the tests' environment, which has onnx

        out = pathlib.Path(folder, self.name + ".onnx")
        if not out.exists():
            fill.fill_file(self.path, out)
        return out


def networks():
    files = sorted([*ROOT.glob("models/*.onnx"), *ROOT.glob("src/passes/small_models/*.onnx")])
    return ([Network(f"{path.parent.name}/{path.stem}", path) for path in files] +
            [Network(path.name.removesuffix(SUFFIX), path) for path in sorted(GRAPHS.glob("*" + SUFFIX))])


def in_tests_environment():
    """Begins the calling program anew with the tests' Python, where this one lacks numpy or onnx."""
    python = ROOT / "build/venv/bin/python"
    try:
        import numpy  # noqa: F401
        import onnx  # noqa: F401
    except ImportError:
        import os

        if sys.executable == str(python) or not python.exists():
            sys.exit(f"numpy and onnx are missing; make {python} with tests/python/ensure_venv.sh")
        os.execv(python, [str(python), *sys.argv])
