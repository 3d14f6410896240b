# SPDX-License-Identifier: Apache-2.0
"""The conformance test itself: each planted fault must be found, and a contestant that obeys must pass."""

import json
import pathlib
import tempfile
import types
import unittest

import numpy as np
from protocol import answer_faults, block_faults, parity_faults, series_faults, softmax

COUNT, INPUTS, THREADS = 4, 3, 2
RNG = np.random.default_rng(5)
LOGITS = (RNG.standard_normal((INPUTS, 7)) * 4).astype(np.float32)
TENSORS = RNG.standard_normal((INPUTS, 3, 8, 8)).astype(np.float32)
FILES = types.SimpleNamespace(logits=LOGITS, tensors=TENSORS)
LABELS = [f"Class, {i}" for i in range(7)]


def good_lines():
    rows = LOGITS[np.arange(COUNT) % INPUTS]
    memory = {"rss_anon_bytes": 5, "rss_file_bytes": 6, "pss_bytes": 7}
    return [
        {"phase": "runtime", "t_ns": 1_000_100},
        {"phase": "loaded", "t_ns": 1_000_200},
        {"mark": "loaded", **memory},
        {"phase": "first", "t_ns": 1_000_300},
        *({"sample": i, "input": i % INPUTS, "ms": 0.5, "index": int(row.argmax()), "score": float(softmax(row).max())}
          for i, row in enumerate(rows)),
        {"mark": "end", **memory, "vm_hwm_bytes": 8},
        {"info": {"threads": THREADS, "versions": {"runtime": "1.0"}, "settings": "none"}},
        {"phase": "done", "t_ns": 1_000_400},
    ]  # fmt: skip


def text(lines):
    return "".join(json.dumps(line) + "\n" for line in lines)


def faults_of(lines):
    output = lines if isinstance(lines, str) else text(lines)
    return series_faults(output, COUNT, INPUTS, 1_000_000, 9_000_000, THREADS)


class Series(unittest.TestCase):
    def test_what_obeys_has_no_fault(self):
        self.assertEqual(faults_of(good_lines()), [])

    def test_each_line_is_needed(self):
        for i, line in enumerate(good_lines()):
            lines = good_lines()
            del lines[i]
            self.assertTrue(faults_of(lines), f"without {line}")

    def test_lines_in_another_order_are_found(self):
        for i, j in ((0, 1), (1, 3), (3, 4), (4, 5), (10, 9)):
            lines = good_lines()
            lines[i], lines[j] = lines[j], lines[i]
            self.assertTrue(faults_of(lines), f"{i} and {j} exchanged")

    def test_wrong_values_are_found(self):
        wrong = ((0, "t_ns", 900_000), (1, "t_ns", 1.5), (2, "pss_bytes", None), (4, "ms", 0), (4, "ms", 1e9), (5, "input", 0),
                 (5, "sample", 2), (6, "score", 1.2), (8, "vm_hwm_bytes", 0), (10, "t_ns", 9_900_000))  # fmt: skip
        for i, key, value in wrong:
            lines = good_lines()
            lines[i][key] = value
            self.assertTrue(faults_of(lines), f"{i} {key} = {value}")

    def test_other_threads_and_absent_versions_are_found(self):
        for key, value in (("threads", 1), ("threads", True), ("versions", {}), ("versions", {"a": 1})):
            lines = good_lines()
            lines[9]["info"][key] = value
            self.assertTrue(faults_of(lines), f"{key} = {value}")

    def test_lines_that_are_no_json_and_lines_behind_the_end_are_found(self):
        self.assertTrue(faults_of("Loading...\n" + text(good_lines())))
        self.assertTrue(faults_of([*good_lines(), {"note": "bye"}]))


class Parity(unittest.TestCase):
    def faults(self, mode="no_pre", lines=None, logits=None, tensors=None):
        with tempfile.TemporaryDirectory() as folder:
            logits_path, tensors_path = pathlib.Path(folder, "l.npy"), pathlib.Path(folder, "t.npy")
            np.save(logits_path, LOGITS[np.arange(COUNT) % INPUTS] if logits is None else logits)
            np.save(tensors_path, TENSORS[np.arange(COUNT) % INPUTS] if tensors is None else tensors)
            return parity_faults(text(lines or good_lines()), mode, FILES, logits_path, tensors_path, COUNT)

    def test_what_obeys_has_no_fault(self):
        self.assertEqual(self.faults() + self.faults("inc_pre"), [])

    def test_other_logits_are_found(self):
        rows = LOGITS[np.arange(COUNT) % INPUTS]
        for wrong in (rows + np.float32(0.1), rows[:, ::-1], rows[:3], rows.astype(np.float64), rows * np.float32("nan"), rows[::-1]):
            self.assertTrue(self.faults(logits=np.ascontiguousarray(wrong)))

    def test_logits_of_bfloat16_obey_only_where_the_settings_say_so(self):
        rows = LOGITS[np.arange(COUNT) % INPUTS]
        near = rows * np.float32(1.005)
        lines = good_lines()
        for line, row in zip([line for line in lines if "sample" in line], near, strict=True):
            line["score"] = float(softmax(row).max())
        self.assertIn("logits differ", "".join(self.faults(logits=near, lines=lines)))
        lines[-2]["info"]["settings"] = "computes in bf16"
        self.assertEqual(self.faults(logits=near, lines=lines), [])

    def test_samples_that_contradict_the_logits_are_found(self):
        for key, value in (("index", (int(LOGITS[0].argmax()) + 1) % 7), ("score", 0.123)):
            lines = good_lines()
            lines[4][key] = value
            self.assertTrue(self.faults(lines=lines))

    def test_other_pictures_are_found(self):
        rows = TENSORS[np.arange(COUNT) % INPUTS]
        for wrong in (rows + np.float32(0.05), rows[:, :, ::-1], rows[:3], rows.astype(np.float64), rows * np.float32("nan")):
            self.assertTrue(self.faults("inc_pre", tensors=np.ascontiguousarray(wrong)))


class Block(unittest.TestCase):
    GOOD = {"block": 1, "samples": [[2, 10.5, 4, 0.5], [0, 10, 3, 0.5], [1, 10, 3, 0.5]]}

    def faults(self, line):
        return block_faults(line if isinstance(line, str) else json.dumps(line), 1, 2, 3, 31, 30, [3, 3, 4])

    def test_what_obeys_has_no_fault(self):
        self.assertEqual(self.faults(self.GOOD), [])

    def test_what_cannot_be_is_found(self):
        samples = self.GOOD["samples"]
        for wrong in ("", "{", {"block": 1}, {**self.GOOD, "block": 0}, {**self.GOOD, "samples": []},
                      *({**self.GOOD, "samples": [*samples[:2], last]} for last in (
                          [2, 10, 3, 0.5], [1, 10, 4, 0.5], [1, 0, 3, 0.5], [1, 11, 3, 0.5], [1, 10, 3, 1.5], [1, 10, 3], [1, "10", 3, 0.5]))):  # fmt: skip
            self.assertTrue(self.faults(wrong), wrong)
        self.assertTrue(block_faults(json.dumps(self.GOOD), 1, 2, 3, 31, 32, [3, 3, 4]), "too short")


class Answer(unittest.TestCase):
    def test_text_and_json_are_read(self):
        best = int(LOGITS[0].argmax())
        score = float(softmax(LOGITS[0])[best])
        good = (f"{best}, {LABELS[best]}, {score:.4f}\n", text([{"top": [{"index": best, "label": LABELS[best], "score": score}]}]))
        for output in good:
            self.assertEqual(answer_faults(output, LABELS, LOGITS[0]), [])
            for wrong in ("", "Loading\n" + output, output + "bye\n", output.replace(LABELS[best], "Other"), output[: len(output) // 3]):
                self.assertTrue(answer_faults(wrong, LABELS, LOGITS[0]), wrong)
        self.assertTrue(answer_faults(f"{best}, {LABELS[best]}, {score - 0.2:.4f}\n", LABELS, LOGITS[0]))
        self.assertTrue(answer_faults(f"{(best + 1) % 7}, {LABELS[best]}, {score:.4f}\n", LABELS, LOGITS[0]))


if __name__ == "__main__":
    unittest.main()
