# SPDX-License-Identifier: Apache-2.0
"""When two runtimes agree on a batch of logits, and how a disagreement is reported."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

# Of the largest |logit|. The networks' own float32 noise is below a tenth of it (export_graphs.py).
TOLERANCE = 1e-4


class Status(enum.Enum):
    PASSED = "ok  "
    FAILED = "FAIL"
    SKIPPED = "skip"


@dataclass(frozen=True)
class Case:
    """One line of the report."""

    name: str
    status: Status
    detail: str = ""


def compare_logits(name: str, got: np.ndarray, want: np.ndarray, command: str = "") -> Case:
    """Every picture of the batch: largest difference within TOLERANCE, and the same winner."""
    if got.shape != want.shape or got.dtype != want.dtype:
        message = f"got {got.dtype}{list(got.shape)}, want {want.dtype}{list(want.shape)}"
        return Case(name, Status.FAILED, f"{message}\n{command}")
    if not np.isfinite(got).all():
        return Case(name, Status.FAILED, f"{(~np.isfinite(got)).sum()} of {got.size} logits are not finite\n{command}")
    faults = []
    for row, (mine, theirs) in enumerate(zip(got, want)):
        difference = np.abs(mine.astype(np.float64) - theirs)
        worst, largest = int(difference.argmax()), float(np.abs(theirs).max())
        if difference[worst] > TOLERANCE * largest:
            outside = int((difference > TOLERANCE * largest).sum())
            faults.append(
                f"picture {row}: |difference| {difference[worst]:.3g} at logit {worst} "
                f"(kite {mine[worst]:.7g}, ONNX Runtime {theirs[worst]:.7g}); "
                f"allowed {TOLERANCE:g} x {largest:.4g} = {TOLERANCE * largest:.3g}; "
                f"{outside} of {mine.size} logits are outside"
            )
        if mine.argmax() != theirs.argmax():
            faults.append(f"picture {row}: winner {mine.argmax()}, want {theirs.argmax()}")
    if faults:
        return Case(name, Status.FAILED, "\n".join([*faults, command]))
    relative = float((np.abs(got - want).max(axis=1) / np.abs(want).max(axis=1)).max())
    return Case(name, Status.PASSED, f"{relative:.1e} of the largest logit")


def compare_bits(name: str, got: np.ndarray, want: np.ndarray) -> Case:
    """Equal as bits, so that 0.0 and -0.0 differ and NaN equals itself."""
    differing = got.view(np.uint32) != want.view(np.uint32) if got.shape == want.shape else np.ones(1, bool)
    if not differing.any():
        return Case(name, Status.PASSED)
    if got.shape != want.shape:
        return Case(name, Status.FAILED, f"shape {list(got.shape)} against {list(want.shape)}")
    where = tuple(int(i) for i in np.argwhere(differing)[0])
    message = f"{differing.sum()} of {got.size} logits differ, first at {list(where)}"
    return Case(name, Status.FAILED, f"{message}: {got[where]!r} against {want[where]!r}")


def healthy(name: str, logits: np.ndarray) -> Case:
    """Whether the reference is worth comparing with: logits [pictures, classes] that say something.

    Each picture's logits must spread over the classes, and with more than one picture the winners
    must not all be the same; a dead network would otherwise agree with anything.
    """
    faults = []
    for row, values in enumerate(logits):
        spread = float(values.std())
        if not 0.5 <= spread <= 50:
            faults.append(f"picture {row}: logits have standard deviation {spread:.3g}, want 0.5 to 50")
    if len(logits) > 1:
        if len(set(logits.argmax(axis=1).tolist())) == 1:
            faults.append(f"all {len(logits)} pictures get label {logits[0].argmax()}")
        between = float(logits.std(axis=0).mean())
        if not between >= 0.1:
            faults.append(f"logits change by only {between:.3g} from picture to picture")
    return Case(name, Status.FAILED if faults else Status.PASSED, "\n".join(faults))
