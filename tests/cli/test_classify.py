# SPDX-License-Identifier: Apache-2.0
"""kite classify: answers, formats, lists of pictures, labels and exit codes."""

import csv
import io
import json
import os
import signal
import subprocess
import unittest

from kite import DEMO_MODEL, KITE, PICTURES, Case, save_classifier, save_picture, wait_until_it_waits
from sanitizers import SLOWNESS


class DemoModel(Case):
    def test_a_paper_kite_is_class_50(self):
        answer = self.json("classify", DEMO_MODEL, PICTURES / "paper_kite_1.jpg", "--format", "json")
        best = answer[0]["top"][0]
        self.assertEqual((best["index"], best["label"]), (50, "Paper Kite"))
        self.assertGreater(best["score"], 0.5)
        self.assertEqual(len(answer[0]["top"]), 5)
        self.assertEqual(set(answer[0]["timings_ms"]), {"load", "decode", "preprocess", "infer", "total"})

    def test_the_table_names_the_label_and_no_guess_is_announced(self):
        result = self.kite("classify", DEMO_MODEL, PICTURES / "paper_kite_1.jpg")
        self.assertIn("Paper Kite", result.stdout.decode())
        self.assertEqual(result.stderr, b"")

    def test_most_of_the_pictures_get_the_label_of_their_name(self):
        answers = self.json("classify", DEMO_MODEL, PICTURES, "--format", "json", "-k", "1")
        self.assertGreaterEqual(len(answers), 100)
        right = 0
        for answer in answers:
            name = os.path.basename(answer["image"]).rsplit("_", 1)[0]
            right += answer["top"][0]["label"].lower().replace(" ", "_").replace("-", "_") == name.replace("-", "_")
        self.assertGreaterEqual(right / len(answers), 0.9)

    def test_many_pictures_side_by_side_come_in_order_with_the_same_answers(self):
        (self.folder / "bad.jpg").write_bytes(b"nothing of the kind")
        pictures = [*sorted(PICTURES.iterdir())[:20], self.folder / "bad.jpg", *sorted(PICTURES.iterdir())[20:30]]

        def answers(threads):
            result = self.kite("classify", DEMO_MODEL, *pictures, "--format", "jsonl", "--threads", threads)
            self.assertEqual(result.returncode, 1, result.stderr.decode())
            return [{key: value for key, value in json.loads(line).items() if key != "timings_ms"} for line in result.stdout.splitlines()]

        one_by_one = answers(1)
        self.assertEqual([answer["image"] for answer in one_by_one], [str(picture) for picture in pictures])
        self.assertIn("error", one_by_one[20])
        for threads in (2, 7, 100):
            self.assertEqual(answers(threads), one_by_one)

    def test_a_batch_changes_neither_answers_nor_errors_nor_their_order(self):
        (self.folder / "bad.jpg").write_bytes(b"nothing of the kind")
        some = sorted(PICTURES.iterdir())[:9]
        pictures = [*some[:3], self.folder / "bad.jpg", some[3], self.folder / "gone.png", *some[4:]]

        def answers(*arguments):
            result = self.kite("classify", DEMO_MODEL, *pictures, "--format", "jsonl", *arguments)
            self.assertEqual(result.returncode, 1, result.stderr.decode())
            self.assertIn(b"2 of 11 pictures failed", result.stderr)
            lines = [json.loads(line) for line in result.stdout.splitlines()]
            for line in lines:
                self.assertEqual("error" in line, "timings_ms" not in line)
            return [{key: value for key, value in line.items() if key != "timings_ms"} for line in lines]

        alone = answers()
        self.assertEqual([answer["image"] for answer in alone], [str(picture) for picture in pictures])
        for batch, threads in ((1, 1), (2, 2), (4, 1), (4, 7), (11, 2), (32, 2)):
            self.assertEqual(answers("--batch", batch, "--threads", threads), alone, f"batch {batch}")

    def test_one_picture_in_a_batch_has_the_answer_and_the_exit_code_that_it_has_alone(self):
        best = lambda *arguments: self.json("classify", DEMO_MODEL, PICTURES / "paper_kite_1.jpg", "--json", *arguments)[0]["top"]
        self.assertEqual(best("--batch", 3), best())
        (self.folder / "bad.jpg").write_bytes(b"nothing of the kind")
        self.assertEqual(self.kite("classify", DEMO_MODEL, self.folder / "bad.jpg", "--batch", 3).returncode, 4)

    def test_a_trace_holds_the_stages_and_every_step(self):
        for stages in ({"read the model", "optimise the graph", "make the plan", "keep the plan"}, set()):
            self.json("classify", DEMO_MODEL, PICTURES / "monarch_1.jpg", "--json", "--trace", self.folder / "t.json")
            events = json.loads((self.folder / "t.json").read_text())["traceEvents"]
            names = [event["name"] for event in events]
            wanted = stages | {"exec, loader, arguments", "find the plan", "start the session", "read labels and recipe", "decode", "infer"}
            self.assertLessEqual(wanted, set(names))
            self.assertGreater(sum(name.startswith("Conv ") for name in names), 40)
            infer = events[names.index("infer")]
            for event in events:
                self.assertGreaterEqual(event["dur"], 0)
                if event["name"].startswith("Conv "):
                    self.assertGreaterEqual(event["ts"], infer["ts"])
                    self.assertLessEqual(event["ts"] + event["dur"], infer["ts"] + infer["dur"] + 1)
        result = self.kite("classify", DEMO_MODEL, PICTURES / "monarch_1.jpg", "--trace", self.folder / "missing/t.json")
        self.assertEqual(result.returncode, 6)
        self.assertIn(b"missing/t.json", result.stderr)

    def test_answers_are_the_same_bits_for_one_and_two_threads_and_from_the_cache(self):
        def logits(threads):
            answers = self.json("classify", DEMO_MODEL, PICTURES / "monarch_1.jpg", "--format", "json", "--threads", threads, "-k", 75)
            return [(entry["index"], entry["score"]) for entry in answers[0]["top"]]

        first = logits(1)
        self.assertEqual(first, logits(2))
        self.assertEqual(first, logits(1))


    def test_an_interrupt_among_many_pictures_keeps_their_order_and_exits_130(self):
        (self.folder / "list.txt").write_text("".join(f"{picture}\n" for picture in sorted(PICTURES.iterdir()) * 100))
        process = subprocess.Popen([KITE, "classify", "--no-cache", DEMO_MODEL, f"@{self.folder}/list.txt", "--format", "jsonl", "--threads", "2"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)  # communicate() knows no buffer
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30 * SLOWNESS)
        self.assertEqual(process.returncode, 130)
        names = [json.loads(line)["image"] for line in (first + rest).splitlines()]
        self.assertLess(len(names), 15000)
        self.assertEqual(names, (self.folder / "list.txt").read_text().splitlines()[:len(names)])


class Formats(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx")
        (self.folder / "m.kite.json").write_text(json.dumps({"labels": ["red", "gr,een", "blue"], "preprocess": {"resize": 8, "crop": 8}}))
        self.red = save_picture(self.folder / "red.png", (250, 0, 0))

    def test_json_is_an_array_with_index_label_and_score(self):
        answers = self.json("classify", self.model, self.red, "--format", "json", "-k", "2")
        self.assertEqual([entry["label"] for entry in answers[0]["top"]][0], "red")
        self.assertEqual(len(answers[0]["top"]), 2)
        self.assertAlmostEqual(sum(e["score"] for e in self.json("classify", self.model, self.red, "--json", "-k", 3)[0]["top"]), 1.0, 5)

    def test_scores_are_called_what_they_are(self):
        numbers = self.json("classify", self.model, self.red, "--json", "-k", 3)[0]
        self.assertEqual(numbers["scores"], "probabilities")
        raw = self.json("classify", self.model, self.red, "--json", "--raw", "-k", 3)[0]
        self.assertEqual(raw["scores"], "raw")
        self.assertGreater(raw["top"][0]["score"], 1.0)
        likely = self.json("classify", self.model, self.red, "--json", "--activation", "sigmoid", "--threshold", "0.6")[0]
        self.assertEqual(likely["scores"], "independent")
        self.assertTrue(all(entry["score"] >= 0.6 for entry in likely["top"]))
        self.assert_error(self.kite("classify", self.model, self.red, "--scores-from", "nothing"), "usage", 2)

    def test_a_statement_about_scores_stays_in_a_compiled_plan(self):
        self.kite("compile", self.model, "--activation", "sigmoid", "-o", self.folder / "m.plan")
        answer = self.json("classify", self.folder / "m.plan", self.red, "--json")[0]
        self.assertEqual(answer["scores"], "independent")

    def test_jsonl_is_a_line_a_picture(self):
        result = self.kite("classify", self.model, self.red, self.red, "--format", "jsonl")
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([line["image"] for line in lines], [str(self.red)] * 2)

    def test_csv_quotes_what_needs_it(self):
        result = self.kite("classify", self.model, self.red, "--format", "csv", "-k", "3")
        rows = list(csv.DictReader(io.StringIO(result.stdout.decode())))
        self.assertEqual(sorted(row["label"] for row in rows), ["blue", "gr,een", "red"])

    def test_an_output_file_holds_what_stdout_would(self):
        target = self.folder / "answers.csv"
        result = self.kite("classify", self.model, self.red, "--format", "csv", "-o", target)
        self.assertEqual(result.stdout, b"")
        self.assertEqual(target.read_bytes(), self.kite("classify", self.model, self.red, "--format", "csv").stdout)

    def test_output_into_a_missing_folder_is_an_io_error(self):
        self.assert_error(self.kite("classify", self.model, self.red, "-o", self.folder / "no/where.csv"), "io", 6)

    def test_a_picture_on_stdin(self):
        answers = json.loads(self.kite("classify", self.model, "-", "--json", stdin=self.red.read_bytes()).stdout)
        self.assertEqual((answers[0]["image"], answers[0]["top"][0]["label"]), ("-", "red"))

    def test_a_model_that_fixes_its_batch_takes_as_many_pictures_a_run(self):
        colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (9, 200, 0), (3, 5, 90)]
        pictures = [save_picture(self.folder / f"{i}.png", colour) for i, colour in enumerate(colours)]
        four = save_classifier(self.folder / "four.onnx", dims=[4, 3, 8, 8])
        (self.folder / "four.kite.json").write_text((self.folder / "m.kite.json").read_text())
        labels = lambda model, *more: [a["top"][0]["label"] for a in self.json("classify", model, *pictures, "--json", *more)]
        self.assertEqual(labels(four), ["red", "gr,een", "blue", "gr,een", "blue"])
        self.assertEqual(labels(four, "--batch", "4", "--threads", "2"), labels(self.model))
        self.assertIn("4 pictures a run, a row without one repeats another (the model)", " ".join(self.kite("inspect", four).stdout.decode().split()))
        self.assert_error(self.kite("classify", four, *pictures, "--batch", "3"), "usage", 2, "--batch contradicts the model")
        one = save_classifier(self.folder / "one.onnx", dims=[3, 8, 8])
        self.assert_error(self.kite("classify", one, *pictures, "--batch", "3"), "usage", 2, "is one picture")

    def test_standard_input_takes_its_place_in_a_batch(self):
        green = save_picture(self.folder / "green.png", (0, 250, 0))
        result = self.kite("classify", self.model, green, "-", green, self.red, "--batch", "3", "--json", stdin=self.red.read_bytes())
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        answers = json.loads(result.stdout)
        self.assertEqual([a["image"] for a in answers], [str(green), "-", str(green), str(self.red)])
        self.assertEqual([a["top"][0]["label"] for a in answers], ["gr,een", "red", "gr,een", "red"])

    def test_a_shape_that_nothing_states_is_refused_until_it_is_stated(self):
        open_model = save_classifier(self.folder / "open.onnx", dims=["n", 3, "frames", 8, 8])
        for verb in (["run"], ["bench", "--iters", "1"], ["classify", self.red]):
            self.assert_error(self.kite(verb[0], open_model, *verb[1:]), "unsupported-model", 3, "--shape x=1x3x1x8x8", "frames")
        (self.folder / "open.kite.json").write_text((self.folder / "m.kite.json").read_text())
        stated = self.json("classify", open_model, self.red, "--shape", "x=1x3x1x8x8", "--json")
        self.assertEqual(stated[0]["top"][0]["label"], "red")
        sized = save_classifier(self.folder / "sized.onnx", dims=["n", 3, "h", "w"])
        inspected = self.json("inspect", sized, "--shape", "x=2x3x8x8", "--json")
        self.assertEqual(inspected["inputs"][0]["shape"], [2, 3, 8, 8])
        self.assertEqual(inspected["input x"], "[2,3,8,8]  (--shape)")
        for wrong in ("x", "x=", "=1x3x8x8", "x=1x3x8x", "x=1x3x-8x8", "x=1x3x0x8", "x=1,3,8,8", "x=1x3x8x8x1x1x1x1x1"):
            self.assertEqual(self.kite("inspect", sized, "--shape", wrong).returncode, 2, wrong)
        self.assertEqual(self.kite("inspect", sized, "--shape", "x=1x3x8x8", "--shape", "x=1x3x9x9").returncode, 2)
        self.assert_error(self.kite("inspect", sized, "--shape", "z=1x3x8x8"), "invalid-input", 3, "no input")
        self.assert_error(self.kite("inspect", sized, "--shape", "x=1x3x8x8", "--size", "9x9"), "usage", 2)

    def test_a_list_file_and_a_folder(self):
        folder = self.folder / "pictures"
        (folder / "deep").mkdir(parents=True)
        save_picture(folder / "b.jpg")
        save_picture(folder / "a.webp")
        save_picture(folder / "deep/c.png")
        (folder / "notes.txt").write_text("not a picture")
        names = lambda *arguments: [os.path.basename(a["image"]) for a in self.json("classify", self.model, *arguments, "--json")]
        self.assertEqual(names(folder), ["a.webp", "b.jpg"])
        self.assertEqual(names(folder, "-r"), ["a.webp", "b.jpg", "c.png"])
        (self.folder / "list.txt").write_text(f"{folder}/b.jpg\r\n\n{folder}/deep/c.png\n")
        self.assertEqual(names(f"@{self.folder}/list.txt"), ["b.jpg", "c.png"])

    def test_one_bad_picture_among_good_ones_fails_alone(self):
        (self.folder / "bad.jpg").write_bytes(b"nothing of the kind")
        result = self.kite("classify", self.model, self.red, self.folder / "bad.jpg", self.red, self.folder / "gone.png", "--json")
        self.assertEqual(result.returncode, 1)
        answers = json.loads(result.stdout)
        self.assertEqual(["top" in answer for answer in answers], [True, False, True, False])
        self.assertEqual(answers[1]["error"]["code"], "invalid-image")
        self.assertEqual(answers[3]["error"]["code"], "io")

    def test_labels_by_flag_win_and_a_wrong_count_is_an_error(self):
        (self.folder / "l.txt").write_text("\ufeffone\r\ntwo\r\nthree\r\n", encoding="utf-8")
        answers = self.json("classify", self.model, self.red, "--labels", self.folder / "l.txt", "--json")
        self.assertEqual(answers[0]["top"][0]["label"], "one")
        (self.folder / "l.txt").write_text("one\ntwo\n")
        result = self.kite("classify", self.model, self.red, "--labels", self.folder / "l.txt")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(b"l.txt", result.stderr)

    def test_an_edited_label_file_counts_at_the_next_run(self):
        label = lambda: self.json("classify", self.model, self.red, "--json")[0]["top"][0]["label"]
        self.assertEqual(label(), "red")
        (self.folder / "m.kite.json").write_text(json.dumps({"labels": ["rouge", "vert", "bleu"], "preprocess": {"resize": 8, "crop": 8}}))
        self.assertEqual(label(), "rouge")

    def test_control_characters_in_a_label_do_not_reach_the_terminal(self):
        (self.folder / "m.kite.json").write_text(json.dumps({"labels": ["\u001b[31mred", "b", "c"], "preprocess": {"resize": 8, "crop": 8}}))
        self.assertNotIn(b"\x1b", self.kite("classify", self.model, self.red).stdout)

    def test_a_guess_is_announced_once_and_says_how_to_state_it(self):
        (self.folder / "m.kite.json").unlink()
        text = self.kite("classify", self.model, self.red).stderr.decode()
        self.assertEqual(text.count("guess"), 1, text)
        self.assertIn("m.kite.json", text)

    def test_usage_errors_exit_2(self):
        for arguments in (["classify"], ["classify", self.model], ["classify", self.model, self.red, "--threads", "0"],
                          ["classify", self.model, self.red, "--threads", "abc"], ["classify", self.model, self.red, "-k", "0"],
                          ["classify", self.model, self.red, "--isa", "neon"], ["nonsense"], ["classify", self.model, self.red, "--nonsense"],
                          ["classify", self.model, self.red, "--format", "xml"], ["classify", self.model, self.red, "--disable-pass", "nonsense"]):
            self.assertEqual(self.kite(*arguments).returncode, 2, arguments)

    def test_a_closed_pipe_and_a_full_disk_are_no_crash(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([KITE, "classify", self.model, self.red, "--no-cache"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 6)
        many = " ".join([str(self.red)] * 2000)
        script = f"{KITE} classify --no-cache {self.model} {many} --format jsonl | head -n 1; exit ${{PIPESTATUS[0]}}"
        result = subprocess.run(["bash", "-c", script], capture_output=True, check=False)
        self.assertIn(result.returncode, (0, 141))
        self.assertNotIn(b"error", result.stderr)

    def test_an_interrupt_leaves_valid_json_and_exits_130(self):
        # Standard input as the second picture never comes: the program waits there when the signal arrives.
        process = subprocess.Popen([KITE, "classify", "--no-cache", str(self.model), str(self.red), "-", "--json"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_until_it_waits(process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10 * SLOWNESS)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(json.loads(out)[0]["top"][0]["label"], "red")


if __name__ == "__main__":
    unittest.main()
