# SPDX-License-Identifier: Apache-2.0
"""Writes the node cases of the onnx package, for every operator, in the layout of its own data folder.

The package makes its cases in memory. They are written as CASE/model.onnx, CASE/test_data_set_0/input_0.pb, ...,
under a folder named after the onnx version and the hash of this script, so a second call is instant. cases.json
lists each case with its tolerance, and for each opset that a case could not be written for the reason.

The package stamps a case with the version in which its operator last changed. A case is written for
  - its own opset, as the package has it;
  - opset 18 and the newest opset, where the operator's definition there is the same one; and
  - these two with another definition, where the model is valid under it and onnx's reference evaluator, working by
    that definition, still gives the case's outputs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

# PyTorch's exporters write 17 and 18; Debian's cases (README.md) end at 17.
OLDER_OPSET = 18


class LeftOut(Exception):
    """Why a case cannot be written for a given opset."""


def definitions(model, opset: int) -> list:
    """The schema of every node under `opset`."""
    import onnx

    schemas = []
    for node in model.graph.node:
        try:
            schemas.append(onnx.defs.get_schema(node.op_type, opset))
        except onnx.defs.SchemaError:
            raise LeftOut(f"{node.op_type} does not exist in opset {opset}") from None
    return schemas


def stamped(model, opset: int):
    """A copy that imports `opset` and states the oldest IR version that allows it."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.opset_import[:]
    copy.opset_import.extend([onnx.helper.make_opsetid("", opset)])
    copy.ir_version = onnx.helper.find_min_ir_version_for(copy.opset_import)
    return copy


def check_types(model, schemas: list) -> None:
    """Refuses a node whose input or output type its definition does not allow."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(model).graph
    known = {v.name: v.type for v in [*graph.input, *graph.output, *graph.value_info]}
    for node, schema in zip(graph.node, schemas):
        for names, formals in ((node.input, schema.inputs), (node.output, schema.outputs)):
            for position, name in enumerate(names):
                if name not in known or not formals:
                    continue
                formal = formals[min(position, len(formals) - 1)]
                if not known[name].HasField("tensor_type"):
                    raise LeftOut("sequences and optionals are kept at their own opset only")
                spelled = spell_type(known[name])
                if spelled not in formal.types:
                    raise LeftOut(f"{node.op_type} of {schema.since_version} takes no {spelled}")


def spell_type(type_proto) -> str:
    """The name of a type in schemas: tensor(float)."""
    import onnx

    name = onnx.TensorProto.DataType.Name(type_proto.tensor_type.elem_type).lower()
    return f"tensor({name})"


def confirm_by_reference(model, data_sets, rtol: float, atol: float) -> None:
    """Refuses a model whose outputs change under the opset that it is now stamped with."""
    import numpy as np
    from onnx import TensorProto, numpy_helper
    from onnx.reference import ReferenceEvaluator

    def array(value):
        return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)

    names = [v.name for v in model.graph.input]
    for inputs, outputs in data_sets:
        try:
            got = ReferenceEvaluator(model).run(None, dict(zip(names, map(array, inputs))))
        except Exception as error:  # the code of an operator may raise any exception
            reason = (str(error).splitlines() or [""])[0][:150]
            raise LeftOut(f"onnx's reference evaluator at this opset: {type(error).__name__}: {reason}") from None
        for mine, theirs in zip(got, outputs):
            mine, theirs = array(mine), array(theirs)
            if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
                raise LeftOut("another shape or type under the older definition")
            if not np.allclose(mine.astype(np.float64), theirs.astype(np.float64), rtol, atol, equal_nan=True):
                raise LeftOut("other values under the older definition")


def at_opset(case, own: int, opset: int):
    """The case's model for `opset`, or LeftOut."""
    import onnx

    then, now = definitions(case.model, opset), definitions(case.model, own)
    model = stamped(case.model, opset)
    if own == opset or all(a.since_version == b.since_version for a, b in zip(then, now)):
        return model
    check_types(model, then)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        text = str(error).strip().splitlines()[0][:150]
        raise LeftOut(f"not valid in opset {opset}: {text}") from None
    confirm_by_reference(model, case.data_sets, case.rtol, case.atol)
    return model


def own_opset(model) -> int | None:
    """The version of the default domain, or None where another domain is imported, too."""
    versions = {o.domain or "ai.onnx": o.version for o in model.opset_import}
    return versions["ai.onnx"] if list(versions) == ["ai.onnx"] else None


def serialized(value, info) -> bytes:
    """One input or output in the form that the package's own data files have."""
    from onnx import TensorProto, numpy_helper

    if isinstance(value, TensorProto):
        return value.SerializeToString()
    write = {
        "tensor_type": numpy_helper.from_array,
        "sequence_type": numpy_helper.from_list,
        "optional_type": numpy_helper.from_optional,
        "map_type": numpy_helper.from_dict,
    }[info.type.WhichOneof("value")]
    return write(value, info.name).SerializeToString()


def write_case(folder: Path, model, data_sets) -> None:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    for index, (inputs, outputs) in enumerate(data_sets):
        data = folder / f"test_data_set_{index}"
        data.mkdir()
        for kind, values, infos in (("input", inputs, model.graph.input), ("output", outputs, model.graph.output)):
            for position, (value, info) in enumerate(zip(values, infos)):
                (data / f"{kind}_{position}.pb").write_bytes(serialized(value, info))


def write_all(root: Path) -> dict:
    """Writes every case below `root` and returns the content of cases.json."""
    import numpy as np
    from onnx.backend.test.case.node import collect_testcases

    np.random.seed(0)  # some generators draw their data as they are loaded
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's generators divide by zero on purpose
        everything = collect_testcases(None)
        written, left_out = [], []
        for case in sorted(everything, key=lambda case: case.name):
            operators = sorted({node.op_type for node in case.model.graph.node})
            found, reasons = case_at_opsets(case)
            for label, model in found.items():
                name = f"{label}/{case.name}"
                write_case(root / name, model, case.data_sets)
                written.append({"name": name, "operators": operators, "rtol": case.rtol, "atol": case.atol})
            left_out += [{"name": case.name, "reason": reason} for reason in reasons]
    return {"onnx": version("onnx"), "cases": written, "left_out": left_out}


def case_at_opsets(case) -> tuple[dict, list[str]]:
    """The models of a case by the folder of their opset, and the reasons why there is none for the others."""
    import onnx

    own = own_opset(case.model)
    if own is None:
        return {"own": case.model}, []
    found, reasons = {f"opset{own}": case.model}, []
    for opset in sorted({OLDER_OPSET, onnx.defs.onnx_opset_version()} - {own}):
        try:
            found[f"opset{opset}"] = at_opset(case, own, opset)
        except LeftOut as reason:
            reasons.append(f"opset {opset}: {reason}")
    return found, reasons


def cache_key() -> str:
    script = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    return f"onnx-{version('onnx')}-{script}"


def generate(out: Path) -> tuple[Path, bool]:
    """The folder with cases.json, and whether it had to be made."""
    root = out / cache_key()
    link = out / "current"
    fresh = not (root / "cases.json").exists()
    if fresh:
        out.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=out))
        try:
            listing = write_all(partial)
            (partial / "cases.json").write_text(json.dumps(listing, indent=1) + "\n")
            partial.chmod(0o755)
            try:
                partial.rename(root)
            except OSError:
                if not (root / "cases.json").exists():  # else another process was first
                    raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    if not link.is_symlink() or os.readlink(link) != root.name:
        fresh_link = out / f"current-{os.getpid()}"
        fresh_link.symlink_to(root.name)
        fresh_link.replace(link)
    return root, fresh


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[2] / "build/conformance"
    parser.add_argument("--out", type=Path, default=default, help="cache folder; its `current` points at the cases")
    arguments = parser.parse_args()
    root, fresh = generate(arguments.out)
    listing = json.loads((root / "cases.json").read_text())
    made = "wrote" if fresh else "found"
    print(f"{made} {len(listing['cases'])} cases, left out {len(listing['left_out'])}: {root}", file=sys.stderr)
    print(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
