# SPDX-License-Identifier: Apache-2.0
"""The zoo's own decisions: parts, what is worse, what the gate lets through, and that docs/models.md is what the results say."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import judge
import members
import results
import run_zoo
import telling

PAGE = Path(__file__).resolve().parents[2] / "docs/models.md"


def row(status, **more):
    return {"library": "torchvision", "model": "resnet18", "exporter": "dynamo", "opset": 25, "status": status, "detail": "", "kite": "k", **more}


class Parts(unittest.TestCase):
    def setUp(self):
        self.rows = members.rows(members.read())

    def test_every_row_is_in_one_part(self):
        parts = [members.part_of(self.rows, i, 7) for i in range(1, 8)]
        self.assertEqual(sorted(row.name for part in parts for row in part), sorted(row.name for row in self.rows))

    def test_parts_cost_the_same(self):
        costs = [sum(row.cost_s for row in members.part_of(self.rows, i, 12)) for i in range(1, 13)]
        self.assertLess(max(costs) - min(costs), 0.02 * max(costs))

    def test_the_first_rows_are_of_different_files(self):
        files = [(row.member.library, row.member.module, row.exporter) for row in self.rows]
        self.assertEqual(len(set(files[: len(set(files))])), len(set(files)))

    def test_a_large_model_has_one_exporter(self):
        self.assertEqual({row.exporter for row in self.rows if row.member.large}, {"torchscript"})

    def test_the_list_has_three_hundred_members(self):
        listed = [member.library for member in members.read()]
        self.assertGreaterEqual(listed.count("timm"), 220)
        self.assertGreaterEqual(listed.count("torchvision"), 80)
        for library in ("keras", "paddle", "sklearn"):
            self.assertGreaterEqual(listed.count(library), 5)


class Worse(unittest.TestCase):
    def test_table(self):
        for now, before, worse in (
            ("agrees", None, False), ("agrees", "differs", False), ("ill-conditioned", "agrees", False),
            ("refused", "agrees", True), ("differs", "agrees", True), ("fails", "agrees", True), ("no export", "agrees", True),
            ("refused", "refused", False), ("differs", "refused", True), ("differs", "differs", False), ("refused", None, True),
        ):
            with self.subTest(now=now, before=before):
                self.assertEqual(run_zoo.is_worse(row(now), row(before) if before else None), worse)


class Gate(unittest.TestCase):
    def test_lets_through_what_tells_pictures_apart(self):
        logits = np.eye(4, 10, dtype=np.float32)
        self.assertEqual(telling.chosen(logits), [0, 1, 2])

    def test_stops_a_network_whose_answer_hardly_changes(self):
        logits = 10 + np.eye(4, 10, dtype=np.float32) * 0.5
        with self.assertRaisesRegex(telling.NotTelling, "differ by 0.048 of the largest logit"):
            telling.chosen(logits)

    def test_stops_a_network_with_one_class(self):
        logits = np.zeros((4, 10), np.float32)
        logits[:, 3] = [1, 2, 3, 4]
        with self.assertRaisesRegex(telling.NotTelling, "the same class"):
            telling.chosen(logits)

    def test_stops_what_is_not_finite(self):
        with self.assertRaisesRegex(telling.NotTelling, "not finite"):
            telling.gate(np.array([[np.inf, 0], [0, 1]]))

    def test_a_balanced_classifier_tells_apart_what_hardly_differs(self):
        random = np.random.default_rng(1)
        features = 5 + 0.01 * random.standard_normal((8, 64))
        logits = features @ telling.balanced(random.standard_normal((10, 64)), features).T
        telling.chosen(logits)

    def test_a_balanced_classifier_needs_some_difference(self):
        with self.assertRaises(telling.NotTelling):
            telling.balanced(np.ones((10, 4)), np.ones((8, 4)))


class Judgement(unittest.TestCase):
    """Of the answers of kite, ONNX Runtime, the library and the oracle, which verdict they give."""

    def verdict(self, kite, ort, library, oracle):
        right = np.linspace(-1, 1, 10, dtype=np.float32)[None]
        answers = {"kite": right + np.float32(kite), "ONNX Runtime": right + np.float32(ort), "the library": right + np.float32(library)}
        file = judge.Exported(Path("/nowhere/model.onnx"), [Path("x0.npy")], ("x", "logits"), 1, 17)
        program = judge.Kite(Path("kite"))
        with mock.patch.object(judge, "output_of", return_value="0.5"), mock.patch.object(judge.np, "load", return_value=answers["ONNX Runtime"]), \
                mock.patch.object(judge, "kite_logits", return_value=answers["kite"]), \
                mock.patch.object(judge, "oracle_logits", return_value=right + oracle):
            return judge.judge_answers(program, file, answers["the library"]).status

    def test_table(self):
        for kite, ort, library, oracle, status in (
            (0, 0, 0, 0, "agrees"), (1e-5, 0, 0, 0, "agrees"), (1e-3, 0, 0, 0, "differs"),
            (1e-3, 0, 0, 1e-3, "differs"),  # an oracle that shares kite's fault excuses nothing
            (1e-3, 0, -1e-3, 0, "ill-conditioned"), (0, 1e-3, 0, 0, "agrees"), (5e-3, 0, 1e-3, 0, "differs"),
        ):
            with self.subTest(kite=kite, ort=ort, library=library, oracle=oracle):
                self.assertEqual(self.verdict(kite, ort, library, oracle), status)

    def test_a_tie_does_not_count_for_the_top_class(self):
        want = np.array([[1, 1 - 1e-6, 0], [1, 0, 0]])
        got = np.array([[1 - 1e-6, 1, 0], [0, 1, 0]])
        self.assertEqual(judge.equal_winners(got, want), (0, 1))


class Results(unittest.TestCase):
    def merged(self, *lines):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(results, "COMMITTED", Path(folder, "results.jsonl")), \
                contextlib.redirect_stdout(io.StringIO()):
            part = Path(folder, "part.jsonl")
            for line in lines:
                part.write_text(run_zoo.json.dumps({**line, "versions": {"torch": line.get("torch", "1"), "kite": line["kite"]}}) + "\n")
                results.merge([part])
            return results.committed()[1]

    def test_a_row_replaces_the_one_that_it_repeats(self):
        found = self.merged(row("refused"), row("agrees", kite="new"))
        self.assertEqual([(line["status"], line["kite"]) for line in found.values()], [("agrees", "new")])

    def test_times_stay_with_the_kite_that_gave_them(self):
        found = self.merged(row("agrees", time=[1.0, 0.9, 1.1], kite="old"), row("agrees", kite="new"))
        self.assertEqual([(line["kite"], line["timed"]) for line in found.values()], [("new", "old")])

    def test_a_reason_names_no_folder_of_the_machine(self):
        found = self.merged(row("no export", detail="Error: no view! While executing %view_4 : [1] Original traceback: File \"/a/b.py\""),
                            {**row("refused", detail="Load model from /some/where/model.onnx failed: 1/2"), "exporter": "torchscript"})
        self.assertEqual([line["detail"] for line in found.values()], ["Load model from model.onnx failed: 1/2", "Error: no view!"][::-1])

    def test_results_of_other_libraries_are_dropped(self):
        found = self.merged(row("agrees"), {**row("agrees", torch="2"), "exporter": "torchscript"})
        self.assertEqual([key[2] for key in found], ["torchscript"])

    def test_a_model_is_a_line_with_a_value_for_each_exporter(self):
        of_one = {"torchscript": row("agrees", nodes=7, error=1e-5, top1=[3, 3], opset=17), "dynamo": row("no export", top1=[3, 3])}
        self.assertEqual(results.table_line(of_one, ["torchscript", "dynamo"]),
                         "| resnet18 | 17 / 25 | 7 / - |  | 1.0e-05 / no export | 3 of 3 |  |  |")
        self.assertEqual(results.table_line({"dynamo": row("agrees", nodes=7)}, ["torchscript", "dynamo"]),
                         "| resnet18 | - / 25 | - / 7 |  | - / agrees |  |  |  |")

    def test_the_page_is_what_the_results_say(self):
        with mock.patch.object(sys, "argv", ["results.py", "check", str(PAGE)]):
            self.assertEqual(results.main(), 0)


if __name__ == "__main__":
    sys.exit(unittest.main())
