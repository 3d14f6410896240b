# SPDX-License-Identifier: Apache-2.0
"""Twenty small networks: kite's logits on every instruction set against ONNX Runtime's."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx

from small_members import MEMBERS, SIZE

import pictures  # isort: skip
import references  # isort: skip
from check_models import ISAS  # isort: skip
from comparison import Status, compare_logits, healthy  # isort: skip
from kite_runner import Kite, missing_features  # isort: skip

KITE = Path(os.environ.get("KITE", Path(__file__).resolve().parents[2] / "build/release/bin/kite"))
SEEDS = [1, 2, 3, 4]


class SmallMembers(unittest.TestCase):
    def test_there_are_twenty(self):
        self.assertGreaterEqual(len({member.name for member in MEMBERS}), 20)

    def test_each_gives_the_logits_of_onnxruntime(self):
        kite = Kite(KITE)
        isas = [isa for isa in ISAS if not missing_features(isa)]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            inputs = [folder / f"x{seed}.npy" for seed in SEEDS]
            for seed, path in zip(SEEDS, inputs):
                np.save(path, pictures.batch([seed], SIZE))
            for member in MEMBERS:
                with self.subTest(member.name):
                    model = folder / f"{member.name}.onnx"
                    onnx.save(member.model(), model)
                    session = references.open_session(model)
                    want = np.concatenate([references.logits_of(session, np.load(x)) for x in inputs])
                    case = healthy(member.name, want)
                    self.assertIs(case.status, Status.PASSED, case.detail)
                    for isa in isas:
                        for x, row in zip(inputs, want):
                            answer = kite.run(model, x, isa, 1, folder)
                            self.assertIsNotNone(answer.logits, answer.trouble)
                            case = compare_logits(f"{member.name} {isa}", answer.logits, row[None], answer.command)
                            self.assertIs(case.status, Status.PASSED, case.detail)


if __name__ == "__main__":
    sys.exit(unittest.main())
