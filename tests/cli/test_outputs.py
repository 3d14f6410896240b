# SPDX-License-Identifier: Apache-2.0
"""Where answers go: nothing of the user's is lost, and what cannot be written is an error and no crash."""

import functools
import json
import os
import pathlib
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest
import zipfile

import numpy as np
import onnx

from kite import DEMO_MODEL, KITE, Case, save_classifier, save_picture, wait_until_it_waits
from sanitizers import SLOWNESS


@functools.cache
def recorded_noise():
    """A series of one second, which takes a second to record."""
    path = pathlib.Path(tempfile.mkdtemp()) / "noise.csv"
    unittest.addModuleCleanup(shutil.rmtree, path.parent)
    subprocess.run([KITE, "doctor", "--noise=1", "--csv", path], check=True, stdout=subprocess.DEVNULL)
    return path


class OutputCase(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx")
        self.picture = save_picture(self.folder / "p.png")
        np.save(self.folder / "x.npy", np.zeros((1, 3, 8, 8), np.float32))
        (self.folder / "labels.txt").write_text("a\nb\nc\n")
        shutil.copy(recorded_noise(), self.folder / "noise.csv")

    def start(self, *arguments, **options):
        return self.kite(*arguments, cwd=self.folder, **options)

    def names(self):
        return sorted(p.name for p in self.folder.iterdir() if p.name != "cache")


# What writes a file, and how it is told which; OUT stands for the path.
WRITERS = {
    "answers": ["classify", "m.onnx", "p.png", "-o", "OUT"],
    "trace": ["classify", "m.onnx", "p.png", "--trace", "OUT"],
    "page": ["classify", "m.onnx", "p.png", "--report", "OUT"],
    "tensor": ["run", "m.onnx", "--input", "x=x.npy", "--output", "logits=OUT"],
    "plan": ["compile", "m.onnx", "-o", "OUT"],
    "packed": ["pack", "m.onnx", "--recipe", "imagenet", "-o", "OUT"],
    "drawing": ["profile", "m.onnx", "--runs", "1", "--svg", "OUT"],
    "scores": ["bench", "m.onnx", "--samples", "2", "--logits", "OUT"],
    "tensors": ["bench", "m.onnx", "--image", "p.png", "--samples", "2", "--tensors", "OUT"],
    "program": ["pack", "m.onnx", "--recipe", "imagenet", "--exe", "-o", "OUT"],
    # Of kite-race, to which kite hands over.
    "series": ["doctor", "--noise", "--read", "noise.csv", "--csv", "OUT"],
    "noise": ["doctor", "--noise", "--read", "noise.csv", "--svg", "OUT"],
}


def writer(name, path):
    return [word.replace("OUT", str(path)) for word in WRITERS[name]]


class Files(OutputCase):
    def test_an_output_that_is_an_input_is_refused_however_it_is_spelt(self):
        os.link(self.picture, self.folder / "hard.png")
        os.symlink("p.png", self.folder / "soft.png")
        (self.folder / "list.txt").write_text("p.png\n")
        (self.folder / "recipe.json").write_text('{"scale": 1}')
        inputs = {name: ["m.onnx", "./m.onnx"] for name in WRITERS}
        inputs["answers"] += ["p.png", "hard.png", "soft.png", f"{self.folder}/../{self.folder.name}/p.png"]
        inputs["trace"] += ["p.png"]
        inputs["page"] += ["p.png", "hard.png"]
        inputs["tensor"] += ["x.npy"]
        inputs["tensors"] += ["p.png"]
        inputs["series"] = inputs["noise"] = ["noise.csv", "./noise.csv"]
        more = [["classify", "m.onnx", "p.png", "--labels", "labels.txt", "-o", "labels.txt"],
                ["classify", "m.onnx", "@list.txt", "-o", "list.txt"],
                ["classify", "m.onnx", ".", "-o", "p.png"],
                ["classify", "m.onnx", "p.png", "--recipe", "recipe.json", "-o", "recipe.json"],
                ["bench", "m.onnx", "--input", "x.npy", "--samples", "2", "--logits", "x.npy"]]
        commands = [writer(name, path) for name, paths in inputs.items() for path in paths] + more
        before = {p.name: p.read_bytes() for p in self.folder.iterdir() if p.is_file()}
        for command in commands:
            with self.subTest(command):
                self.assert_error(self.start(*command), "usage", 2, "overwrite")
                for name, content in before.items():
                    self.assertEqual((self.folder / name).read_bytes(), content, name)

    def test_lists_zips_standard_input_and_names_of_proc_are_inputs_as_well(self):
        (self.folder / "list.txt").write_text("p.png\n")
        with zipfile.ZipFile(self.folder / "m.zip", "w") as holder:
            holder.write(self.model, "m.onnx")
        before = {p.name: p.read_bytes() for p in self.folder.iterdir() if p.is_file()}
        zipped = {name: ["m.zip" if word == "m.onnx" else word for word in writer(name, "m.zip")] for name in WRITERS}
        commands = [["bench", "m.onnx", "--image", "@list.txt", "--samples", "2", "--logits", "list.txt"],
                    ["classify", "m.onnx", "-", "-o", "p.png"], ["classify", "m.onnx", "-", "--report", "./p.png"],
                    ["classify", "m.onnx", "p.png", "-o", "/proc/self/cwd/p.png"],
                    ["classify", "m.onnx", "p.png", "-o", f"/proc/self/root{self.picture.resolve()}"],
                    ["classify", "m.onnx", "/dev/stdin", "-o", "p.png"], ["classify", "m.onnx", "p.png", "-o", "/dev/stdin"],
                    *(command for name, command in zipped.items() if "m.zip" in command[:-1])]
        for command in commands:
            with self.subTest(command), open(self.picture, "rb+") as picture:
                result = subprocess.run([KITE, *command], cwd=self.folder, stdin=picture, capture_output=True, check=False,
                                        env={**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")})
                self.assert_error(result, "usage", 2, "overwrite")
                for name, content in before.items():
                    self.assertEqual((self.folder / name).read_bytes(), content, name)

    def test_external_data_is_an_input_as_well(self):
        model = onnx.load(self.model)
        onnx.save_model(model, self.folder / "e.onnx", save_as_external_data=True, location="e.bin", size_threshold=0)
        before = (self.folder / "e.bin").read_bytes()
        for command in (["classify", "e.onnx", "p.png", "-o", "e.bin"], ["compile", "e.onnx", "-o", "e.bin"]):
            for flags in ([], ["--no-cache"]):
                with self.subTest(command):
                    self.assert_error(self.start(*command, *flags), "usage", 2, "overwrite")
                    self.assertEqual((self.folder / "e.bin").read_bytes(), before)

    def test_files_beside_the_model_that_state_its_meaning_are_inputs_as_well(self):
        names = ["m.kite.json", "labels.txt", "classes.txt", "config.json", "preprocessor_config.json"]
        for name in names[2:]:
            (self.folder / name).write_text("{}")
        (self.folder / names[0]).write_text('{"labels": ["a", "b", "c"]}')
        for name in names:
            before = (self.folder / name).read_bytes()
            for command in ("answers", "trace", "plan", "packed", "drawing", "tensor"):
                with self.subTest(command, name=name):
                    self.assert_error(self.start(*writer(command, f"./{name}")), "usage", 2, "overwrite")
                    self.assertEqual((self.folder / name).read_bytes(), before)
        # An answer of an earlier run is no input.
        for _ in range(2):
            self.assertEqual(self.start(*writer("answers", "m.txt")).returncode, 0)

    def test_two_outputs_in_one_file_are_refused(self):
        for command in (["classify", "m.onnx", "p.png", "-o", "y", "--trace", "./y"],
                        ["bench", "m.onnx", "--image", "p.png", "--samples", "2", "--logits", "y", "--tensors", "y"],
                        ["doctor", "--noise", "--read", "noise.csv", "--csv", "y", "--svg", "y"]):
            with self.subTest(command):
                self.assert_error(self.start(*command), "usage", 2, "two outputs")
                self.assertFalse((self.folder / "y").exists())

    def test_what_is_no_regular_file_is_written_into(self):
        # FIFOs of its own, and never /dev/null: a fault seen by root would take the machine's device away.
        os.symlink("fifo", self.folder / "link")
        for name in WRITERS:
            for path in ("fifo", "link"):
                with self.subTest(name, path=path):
                    fifo = self.folder / "fifo"
                    os.mkfifo(fifo)
                    got = []
                    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)  # noqa: B023
                    reader.start()
                    self.assertEqual(self.start(*writer(name, path)).returncode, 0)
                    reader.join(10)
                    self.assertTrue(got and got[0])
                    self.assertTrue(stat.S_ISFIFO(os.lstat(fifo).st_mode))
                    self.assertTrue((self.folder / "link").is_symlink())
                    fifo.unlink()

    def test_a_name_of_standard_output_goes_where_the_shell_has_opened_it(self):
        for path in ("/dev/fd/1", "/proc/self/fd/1"):
            with self.subTest(path), open(self.folder / "log", "wb+") as log:
                log.write(b"before\n")
                log.flush()
                subprocess.run([KITE, *writer("answers", path), "--format", "csv", "--no-cache"], stdout=log,
                               cwd=self.folder, check=True, stderr=subprocess.DEVNULL)
                log.seek(0)
                self.assertTrue(log.read().startswith(b"before\nimage,rank"))

    def test_a_link_stays_and_its_target_is_written(self):
        (self.folder / "data").mkdir()
        for target in ("data/there", "data/new"):
            (self.folder / "data/there").write_text("old")
            for name in WRITERS:
                with self.subTest(name, target=target):
                    (self.folder / "link").unlink(missing_ok=True)
                    os.symlink(target, self.folder / "link")
                    self.assertEqual(self.start(*writer(name, "link")).returncode, 0)
                    self.assertTrue((self.folder / "link").is_symlink())
                    self.assertGreater((self.folder / target).stat().st_size, 3)

    def test_an_existing_file_keeps_its_mode_and_a_new_one_follows_the_umask(self):
        for name in WRITERS:
            # Who may read a program may start it.
            starts = lambda mode: (mode & 0o444) >> 2 if name == "program" else 0  # noqa: B023, E731
            for mode in (0o600, 0o640, 0o666):
                with self.subTest(name, mode=oct(mode)):
                    out = self.folder / "out"
                    out.write_text("old")
                    out.chmod(mode)
                    self.assertEqual(self.start(*writer(name, out)).returncode, 0)
                    self.assertEqual(stat.S_IMODE(out.stat().st_mode), mode | starts(mode))
                    out.unlink()
            with self.subTest(name, mode="new"):
                command = [KITE, *writer(name, "out"), "--no-cache"]
                subprocess.run(command, cwd=self.folder, umask=0o027, check=True, capture_output=True)
                self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o640 | starts(0o640))
                out.unlink()

    def test_files_of_the_user_beside_the_output_stay(self):
        for name in WRITERS:
            with self.subTest(name):
                (self.folder / "out.part").write_text("mine")
                (self.folder / "victim").write_text("mine")
                os.symlink("victim", self.folder / "out.tmp")
                self.assertEqual(self.start(*writer(name, "out")).returncode, 0)
                self.assertEqual((self.folder / "out.part").read_text(), "mine")
                self.assertEqual((self.folder / "victim").read_text(), "mine")
                for left in ("out", "out.part", "out.tmp", "victim"):
                    (self.folder / left).unlink()
                self.assertEqual(self.names(), ["labels.txt", "m.onnx", "noise.csv", "p.png", "x.npy"])

    def test_what_cannot_be_written_is_an_error_and_leaves_all_as_it_was(self):
        (self.folder / "dir").mkdir()
        (self.folder / "out").write_text("old")
        before = self.names()
        for name in WRITERS:
            for path in ("no/such/out", "dir", "dir/"):
                with self.subTest(name, path=path):
                    result = self.start(*writer(name, path))
                    self.assertEqual(result.returncode, 6, result.stderr)
                    self.assertIn(b"kite: error[io]: cannot ", result.stderr)
            with self.subTest(name, path="a file that may not grow"):
                limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))  # noqa: E731
                result = subprocess.run([KITE, *writer(name, "out"), "--no-cache"], cwd=self.folder, preexec_fn=limit,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
                self.assertEqual(result.returncode, 6, result.stderr)
                self.assertEqual((self.folder / "out").read_text(), "old")
            self.assertEqual(self.names(), before)


# Verbs that answer on standard output; some say more than a buffer holds.
TALKERS = [["--help"], ["--version"], ["classify", "--help"], ["manual"], ["completion", "bash"], ["doctor"],
           ["inspect", "--ops"], ["inspect", "m.onnx"], ["inspect", "m.onnx", "--json"], ["cache", "ls"],
           ["race", "--help"], ["race", "compare", "--help"], ["race", "--version"], ["race", "peers"], ["race", "peers", "--json"],
           ["doctor", "--noise", "--read", "noise.csv"], ["doctor", "--noise", "--read", "noise.csv", "--json"], ["--licenses"],
           ["run", "m.onnx", "--input", "x=x.npy"], ["bench", "m.onnx", "--iters", "1"], ["profile", "m.onnx", "--runs", "1"],
           *[["classify", "big.onnx", "p.png", "-k", "5000", "--format", form] for form in ("table", "json", "jsonl", "csv")]]


class Streams(OutputCase):
    def setUp(self):
        super().setUp()
        save_classifier(self.folder / "big.onnx", classes=5000)

    def raw(self, command, before=None, **streams):
        return subprocess.run([KITE, *command], cwd=self.folder, preexec_fn=before, check=False,
                              env={**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")}, **streams)

    def test_a_full_or_closed_standard_output_is_an_error(self):
        for command in TALKERS:
            with self.subTest(command), open("/dev/full", "wb") as full:
                result = self.raw(command, stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(result.returncode, 6, result.stderr)
                self.assertIn(b"No space left", result.stderr)
                result = self.raw(command, before=lambda: os.close(1), stderr=subprocess.PIPE)
                self.assertEqual(result.returncode, 6, result.stderr)

    def test_a_reader_that_is_gone_ends_it_quietly(self):
        for command in TALKERS:
            with self.subTest(command):
                reader, writer_end = os.pipe()
                os.close(reader)
                ignore = lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # noqa: E731
                result = self.raw(command, before=ignore, stdout=writer_end, stderr=subprocess.PIPE)
                os.close(writer_end)
                self.assertEqual(result.returncode, 6, result.stderr)
                self.assertNotIn(b"error", result.stderr)

    def test_a_full_or_closed_standard_error_loses_the_message_and_nothing_else(self):
        for command, code in ((["classify", "nope.onnx", "p.png"], 6), (["classify", "m.onnx", "nope.png"], 6),
                              (["classify", "big.onnx", "p.png"], 0), (["bogus"], 2),
                              (["race", "report", "nope"], 6), (["race", "--bogus"], 2),
                              (["race", "--model", "m.onnx", "--images", "nope", "--out", "race"], 6)):
            with self.subTest(command), open("/dev/full", "wb") as full:
                said = self.raw(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
                for how in ({"stderr": full}, {"before": lambda: os.close(2)}):
                    result = self.raw(command, stdout=subprocess.PIPE, **how)
                    self.assertEqual(result.returncode, code)
                    self.assertEqual(result.stdout.count(b"\n"), said.count(b"\n"))

    def test_files_never_take_the_place_of_a_closed_stream(self):
        def close_all():
            for descriptor in (0, 1, 2):
                os.close(descriptor)

        result = self.raw(["classify", "m.onnx", "nope.png", "p.png", "-o", "out.json", "--json"], before=close_all)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(json.loads((self.folder / "out.json").read_text())), 2)


class Interrupts(OutputCase):
    def popen(self, *command, env=None, **options):
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache"), **(env or {})}
        return subprocess.Popen([KITE, *map(str, command)], cwd=self.folder, env=environment, stderr=subprocess.PIPE,
                                **options)

    def test_waiting_for_standard_input_ends_within_a_second(self):
        for which in (signal.SIGINT, signal.SIGTERM):
            for first in (b"", b"\xff\xd8\xff half a picture"):
                with self.subTest(which, first=first):
                    process = self.popen("classify", "m.onnx", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                    process.stdin.write(first)
                    process.stdin.flush()
                    wait_until_it_waits(process)
                    process.send_signal(which)
                    begin = time.monotonic()
                    self.assertEqual(process.wait(10 * SLOWNESS), 130)
                    self.assertLess(time.monotonic() - begin, 1.0 * SLOWNESS)
                    process.communicate()

    def test_waiting_for_the_reader_of_an_output_can_be_interrupted(self):
        os.mkfifo(self.folder / "fifo")
        for name in ("answers", "tensor", "plan", "scores", "tensors"):
            with self.subTest(name):
                process = self.popen(*writer(name, "fifo"), stdout=subprocess.PIPE)
                wait_until_it_waits(process)
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(10 * SLOWNESS), 130)
                process.communicate()

    def first_run_until(self, which):
        """A first run that a signal meets while its plan is being written; None where it was too quick for that."""
        cache = self.folder / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        process = self.popen("classify", DEMO_MODEL, "p.png", stdout=subprocess.DEVNULL)
        while process.poll() is None:
            if cache.exists() and any(".tmp-" in p.name for p in cache.iterdir()):
                process.send_signal(which)
                break
        process.communicate()
        return [p for p in cache.iterdir() if ".tmp-" in p.name] if process.returncode != 0 else None

    def test_a_first_run_that_is_interrupted_leaves_no_half_plan(self):
        for _ in range(5):
            self.assertIn(self.first_run_until(signal.SIGINT), (None, []))

    def test_an_interrupt_leaves_no_unpacked_zip(self):
        with zipfile.ZipFile(self.folder / "z.zip", "w") as archive:
            archive.write(DEMO_MODEL, "m.onnx")
        (self.folder / "tmp").mkdir()
        for _ in range(5):
            process = self.popen("classify", "z.zip", "-", "--no-cache", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 env={"TMPDIR": str(self.folder / "tmp")})
            while process.poll() is None and not any((self.folder / "tmp").glob("*/*")):
                pass
            process.send_signal(signal.SIGINT)
            process.communicate()
            self.assertEqual(process.returncode, 130)
            self.assertEqual(list((self.folder / "tmp").iterdir()), [])

    def test_a_reader_that_is_gone_leaves_no_file(self):
        save_classifier(self.folder / "big.onnx", classes=5000)
        pictures = [save_picture(self.folder / f"{i}.png").name for i in range(20)]
        before = self.names()
        process = self.popen("classify", "big.onnx", *pictures, "-k", "5000", "--report", "page.html", "--threads", "1",
                             stdout=subprocess.PIPE)
        process.stdout.read(1)
        process.stdout.close()
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGPIPE)
        self.assertEqual(self.names(), before)

    def test_a_plan_that_is_shortened_is_an_error_with_its_name(self):
        self.assertEqual(self.start("compile", DEMO_MODEL, "-o", "d.plan").returncode, 0)
        process = self.popen("classify", "d.plan", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        wait_until_it_waits(process)
        os.truncate(self.folder / "d.plan", 4096)
        _, said = process.communicate((self.folder / "p.png").read_bytes())
        self.assertEqual(process.returncode, 6, said)
        self.assertIn(b"kite: error[io]: the file was shortened while it was in use; d.plan; ", said)

    def test_clearing_the_cache_removes_what_killed_runs_left(self):
        for _ in range(20):
            if self.first_run_until(signal.SIGKILL):
                break
        else:
            self.skipTest("no run was killed in time")
        self.json("cache", "clear", "--json")
        self.assertEqual(list((self.folder / "cache").iterdir()), [])


if __name__ == "__main__":
    import unittest

    unittest.main()
