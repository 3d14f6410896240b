# SPDX-License-Identifier: Apache-2.0
"""kite classify --sandbox: the same answers, and a decoder that a picture has taken over can do nothing with the machine."""

import ctypes
import errno
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest
import zipfile

from kite import DEMO_MODEL, KITE, PICTURES, Case, save_classifier, save_picture, wait_until_it_waits
from sanitizers import SLOWNESS, skipped_with_sanitizers

HOSTILE = os.environ.get("KITE_HOSTILE_DECODER", "")
WITHOUT_LANDLOCK = os.environ.get("KITE_WITHOUT_LANDLOCK", "")
ATTEMPTS = ["open for writing", "create", "truncate", "rename", "write to an inherited descriptor", "read what is not an input", "connect",
            "start a program", "become a program", "signal the parent", "run data as code"]


def landlock_version():
    """What the kernel says, asked without kite."""
    return max(ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1), 0)


LANDLOCK = landlock_version()


class SandboxCase(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx")
        self.picture = save_picture(self.folder / "p.jpg")

    def kite(self, *arguments, env=None, program=(KITE,), **options):
        # A sanitizer's search for leaks needs a process of its own.
        sanitizers = {"ASAN_OPTIONS": "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")}
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache"), **sanitizers, **(env or {})}
        return subprocess.run([*map(str, program), *map(str, arguments)], capture_output=True, env=environment, timeout=60 * SLOWNESS, check=False,
                              **{"cwd": self.folder, **options})

    def names(self):
        return sorted(p.name for p in self.folder.iterdir())


class NoLandlock(SandboxCase):
    def test_a_kernel_that_lacks_it_is_an_error_and_nothing_was_read_or_written(self):
        for code in (errno.ENOSYS, errno.EOPNOTSUPP):
            with self.subTest(code):
                result = self.kite("classify", self.model, self.picture, "--sandbox", "-o", "out.csv", program=(WITHOUT_LANDLOCK, str(code), KITE))
                self.assert_error(result, "limit", 5, "Landlock", "leave --sandbox out")
                self.assertEqual(self.names(), ["m.onnx", "p.jpg"])
        self.assertEqual(self.kite("classify", self.model, self.picture, program=(WITHOUT_LANDLOCK, "38", KITE)).returncode, 0)


@unittest.skipUnless(LANDLOCK, "skipped: this kernel has no Landlock")
@skipped_with_sanitizers("sandbox")
class Answers(SandboxCase):
    def both(self, *arguments, **options):
        """Once without, once with the sandbox; what differs is only what says so."""
        without, within = self.kite(*arguments, "--no-cache", **options), self.kite(*arguments, "--sandbox", **options)
        note = f"kite: sandbox: Landlock version {LANDLOCK}, seccomp\n".encode()
        self.assertIn(note, within.stderr)
        self.assertEqual(within.stderr.replace(note, b""), without.stderr)
        self.assertEqual(within.returncode, without.returncode)
        return without, within

    def test_a_folder_on_all_threads_gives_the_same_answers(self):
        for threads in ("1", "4"):
            without, within = self.both("classify", DEMO_MODEL, PICTURES, "--format", "csv", "--threads", threads)
            self.assertEqual(within.stdout, without.stdout)
            self.assertEqual(without.returncode, 0)

    def test_every_output_is_published_with_its_name(self):
        answers = {}
        for flags in ([], ["--sandbox"]):
            out = self.folder / ("within" if flags else "without")
            out.mkdir()
            result = self.kite("classify", self.model, self.picture, "missing.jpg", "-o", out / "a.csv", "--format", "csv", "--report",
                               out / "r.html", "--trace", out / "t.json", *flags)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertEqual(sorted(p.name for p in out.iterdir()), ["a.csv", "r.html", "t.json"])
            self.assertGreater(len(json.loads((out / "t.json").read_text())["traceEvents"]), 2)
            answers[out.name] = (out / "a.csv").read_text()
        self.assertEqual(answers["within"], answers["without"])

    def test_what_lies_beside_a_model_is_found(self):
        folder = self.folder / "export"
        (folder / "onnx").mkdir(parents=True)
        shutil.move(self.model, folder / "onnx/model.onnx")
        (folder / "config.json").write_text(json.dumps({"id2label": {"0": "rot", "1": "gruen", "2": "blau"}}))
        for named in (folder, folder / "onnx/model.onnx"):
            without, within = self.both("classify", named, self.picture, "--format", "csv")
            self.assertIn(b"rot", without.stdout)
            self.assertEqual(within.stdout, without.stdout)

    def test_pictures_by_standard_input_and_by_a_pipe(self):
        expected = self.kite("classify", self.model, self.picture, "--format", "csv").stdout.splitlines()[1].split(b",")[1:]
        with open(self.picture, "rb") as picture:
            result = self.kite("classify", self.model, "-", "--format", "csv", "--sandbox", stdin=picture)
        self.assertEqual(result.stdout.splitlines()[1].split(b",")[1:], expected, result.stderr)
        source, end = os.pipe()
        os.write(end, self.picture.read_bytes())
        os.close(end)
        with open(source, "rb"):
            without = self.kite("classify", self.model, f"/dev/fd/{source}", "--sandbox", pass_fds=[source])
        self.assertIn(b"pipe", without.stderr)  # as without a sandbox: a picture in a pipe is given as standard input

    def test_errors_have_the_same_codes(self):
        (self.folder / "bad.onnx").write_bytes(b"nothing")
        for arguments in (["bad.onnx", "p.jpg"], ["m.onnx", "missing.jpg"], ["missing.onnx", "p.jpg"], ["m.onnx", "m.onnx"]):
            without, _ = self.both("classify", *arguments, "--json")
            self.assertNotEqual(without.returncode, 0)

    def test_an_output_that_is_an_input_is_refused(self):
        before = self.picture.read_bytes()
        result = self.kite("classify", self.model, self.picture, "-o", self.picture, "--sandbox")
        self.assert_error(result, "usage", 2, "overwrite")
        self.assertEqual(self.picture.read_bytes(), before)
        self.assertEqual(self.names(), ["m.onnx", "p.jpg"])

    def test_a_zip_is_refused_by_name(self):
        with zipfile.ZipFile(self.folder / "m.zip", "w") as archive:
            archive.write(self.model, "m.onnx")
        self.assert_error(self.kite("classify", "m.zip", self.picture, "--sandbox"), "usage", 2, "zip", "unpack it")

    def test_a_full_disk_leaves_no_file(self):
        result = self.kite("classify", self.model, self.picture, "-o", "/dev/full", "--sandbox")
        self.assert_error(result, "io", 6, "/dev/full")

    def test_the_plan_cache_is_not_touched(self):
        self.kite("classify", self.model, self.picture, "--sandbox")
        self.assertEqual(self.names(), ["m.onnx", "p.jpg"])

    def test_doctor_names_the_version(self):
        self.assertIn(f"Landlock version {LANDLOCK}".encode(), self.kite("doctor").stdout)


@unittest.skipUnless(LANDLOCK, "skipped: this kernel has no Landlock")
@skipped_with_sanitizers("sandbox")
class Signals(SandboxCase):
    def start(self, *arguments):
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")}
        process = subprocess.Popen([KITE, "classify", self.model, *arguments, "--sandbox", "-o", "out.jsonl", "--format", "jsonl"], cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        line = process.stderr.readline()
        self.assertIn(b"sandbox", line)
        return process

    def test_interrupts_keep_the_answers_until_then_and_a_second_one_leaves_nothing(self):
        for to_group in (False, True):  # as kill(1) sends them, and as a terminal does
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(number=number, to_group=to_group):
                    process = self.start(self.picture, "-")  # waits for standard input
                    wait_until_it_waits(process)
                    (os.killpg if to_group else os.kill)(process.pid, number)
                    self.assertEqual(process.wait(10 * SLOWNESS), 130)
                    self.assertIn("p.jpg", (self.folder / "out.jsonl").read_text())
                    (self.folder / "out.jsonl").unlink()
                    self.assertEqual(self.names(), ["m.onnx", "p.jpg"])

    def test_a_killed_parent_takes_its_child_along(self):
        process = self.start(self.picture, "-")
        (child,) = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        process.wait(10 * SLOWNESS)
        for _ in range(100):
            try:
                state = re.search(r"^State:\s+(\w)", pathlib.Path(f"/proc/{child}/status").read_text(), re.MULTILINE).group(1)
            except FileNotFoundError:
                return
            if state in ("Z", "X"):
                return
            time.sleep(0.1)
        self.fail(f"the child is in state {state}")


@unittest.skipUnless(LANDLOCK, "skipped: this kernel has no Landlock")
@skipped_with_sanitizers("replacement")
class HostileDecoder(SandboxCase):
    def setUp(self):
        super().setUp()
        (self.folder / "secrets").mkdir()
        self.victim = self.folder / "secrets/victim"
        self.victim.write_text("of the user")
        self.inputs = self.folder / "inputs"
        self.inputs.mkdir()
        self.model = shutil.move(self.model, self.inputs / "m.onnx")
        self.pictures = [save_picture(self.inputs / f"{i}.jpg", colour=(30, 30, 40 * i)) for i in range(6)]

    def attack(self, *flags, **more):
        with socket.create_server(("127.0.0.1", 0)) as server, open(self.folder / "inherited", "wb") as inherited:
            variables = {"KITE_TEST_VICTIM": str(self.victim), "KITE_TEST_SECRET": str(self.victim),
                         "KITE_TEST_PORT": str(server.getsockname()[1]), "KITE_TEST_DESCRIPTOR": str(inherited.fileno()), **more}
            result = self.kite("classify", self.model, *self.pictures, "--format", "csv", "--no-cache", *flags, env=variables, program=(HOSTILE,),
                               pass_fds=[inherited.fileno()])
        return result, dict(re.findall(r"^attempt (.*?): (.*)$", result.stderr.decode(), re.MULTILINE))

    def changes(self):
        return sorted(p.name for p in (self.folder / "secrets").iterdir()), (self.folder / "inherited").read_bytes()

    def test_without_a_sandbox_it_can_do_what_the_user_can(self):
        result, attempts = self.attack()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(list(attempts), ATTEMPTS)
        self.assertEqual({name for name, outcome in attempts.items() if outcome != "done"}, {"read what is not an input", "become a program"})
        self.assertIn("No such file", attempts["read what is not an input"])  # it has renamed the file itself
        self.assertEqual(self.changes(), (["victim.moved", "victim.new"], b"x"))
        self.assertEqual((self.folder / "secrets/victim.moved").read_text(), "")

    def test_in_the_sandbox_every_attempt_is_refused_and_the_answers_are_right(self):
        expected = self.kite("classify", self.model, *self.pictures, "--format", "csv").stdout
        for threads in ("1", "3"):  # on the thread that entered the sandbox, and on others
            result, attempts = self.attack("--sandbox", "--threads", threads)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(list(attempts), ATTEMPTS)
            for name, outcome in attempts.items():
                self.assertIn(outcome, ("Operation not permitted", "Permission denied"), name)
            self.assertEqual(result.stdout, expected)
            self.assertEqual(self.changes(), (["victim"], b""))
            self.assertEqual(self.victim.read_text(), "of the user")

    def test_a_decoder_that_crashes_is_an_error_and_leaves_no_output(self):
        result, _ = self.attack("--sandbox", "-o", "out.csv", KITE_TEST_CRASH="1")
        self.assert_error(result, "invalid-input", 3, "Aborted", "SECURITY.md")
        self.assertFalse((self.folder / "out.csv").exists())


if __name__ == "__main__":
    unittest.main()
