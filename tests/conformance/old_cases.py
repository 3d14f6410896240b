# SPDX-License-Identifier: Apache-2.0
"""The node cases of old versions of the onnx package, for the definitions that later versions no longer test.

The cases are files of the package's wheels, which are downloaded and not installed. README.md says which opset comes
from where. A case is kept where neither Debian's libonnx-testdata nor a later wheel of the list has it with the same
definitions of its operators. The result lies under a folder named after the hash of this script, so a second call
is instant.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

# What each of them adds: opset 11; 10; 9; 8; 7 with the definitions of opsets 1 to 6.
VERSIONS = ("1.6.0", "1.5.0", "1.4.1", "1.3.0", "1.2.1")
DEBIAN = Path("/usr/share/libonnx-testdata/data/node")


def download(version: str, folder: Path) -> Path:
    """The wheel of one version. Any platform's will do: nothing in it is run."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--only-binary=:all:", "--platform", "manylinux1_x86_64", "--python-version", "36", "--implementation", "cp",
         "--abi", "cp36m", "--dest", str(folder), f"onnx=={version}"],
        check=True,
    )
    return next(folder.glob(f"onnx-{version}-*.whl"))


def definitions(name: str, model: bytes) -> tuple:
    """What a case tests: its name, and the version in which each of its operators was last defined."""
    import onnx

    proto = onnx.load_model_from_string(model)
    opset = {o.domain or "ai.onnx": o.version for o in proto.opset_import}.get("ai.onnx", 1)

    def since(op_type: str):
        try:
            return op_type, onnx.defs.get_schema(op_type, opset).since_version
        except onnx.defs.SchemaError:  # an experimental operator, which was never standardised
            return op_type, None

    return name, tuple(sorted({since(node.op_type) for node in proto.graph.node}))


def extract(wheel: Path, version: str, root: Path, seen: set) -> int:
    """Writes the cases of a wheel whose definitions are new."""
    with zipfile.ZipFile(wheel) as archive:
        names = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
        cases = {name.parent for name in names if "node" in name.parts and name.name == "model.onnx"}
        fresh = set()
        for case in cases:
            tests = definitions(case.name, archive.read(str(case / "model.onnx")))
            if tests in seen:
                continue
            seen.add(tests)
            fresh.add(case)
        for name in names:
            case = next((parent for parent in name.parents if parent in fresh), None)
            if case is None:
                continue
            target = root / f"onnx-{version}" / case.name / name.relative_to(case)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(str(name)))
    return len(fresh)


def write_all(root: Path) -> int:
    seen = {definitions(path.parent.name, path.read_bytes()) for path in DEBIAN.glob("*/model.onnx")}
    written = 0
    with tempfile.TemporaryDirectory() as folder:
        for version in VERSIONS:
            written += extract(download(version, Path(folder)), version, root, seen)
    return written


def generate(out: Path) -> Path:
    """The folder of the cases. A run that is interrupted leaves nothing that looks complete."""
    root = out / f"old-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]}"
    if not root.exists():
        out.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=out))
        try:
            print(f"wrote {write_all(partial)} cases", file=sys.stderr)
            partial.chmod(0o755)
            try:
                partial.rename(root)
            except OSError:
                if not root.exists():  # else another process was first
                    raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    link = out / "old"
    if not link.is_symlink() or os.readlink(link) != root.name:
        fresh_link = out / f"old-link-{os.getpid()}"
        fresh_link.symlink_to(root.name)
        fresh_link.replace(link)
    return root


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[2] / "build/conformance"
    parser.add_argument("--out", type=Path, default=default, help="cache folder; its `old` points at the cases")
    print(generate(parser.parse_args().out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
