# SPDX-License-Identifier: Apache-2.0
"""`kite pack --exe` makes one file that answers as `kite classify` does, wherever it lies and whatever lies beside it."""

import ctypes
import hashlib
import json
import os
import pathlib
import resource
import shutil
import struct
import subprocess
import time
import unittest

from kite import DEMO_MODEL, PICTURES, ROOT, save_classifier
from sanitizers import SLOWNESS, skips
from test_pack import CARRIERS, LABELS, RECIPE, TIMM, PackCase

PAGE = 4096


class ExeCase(PackCase):
    def pack_exe(self, model=None, *flags, name="program"):
        program = self.alone / name
        result = self.kite("pack", model or self.home / "m.onnx", "--exe", "-o", program, *flags)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return program

    def run_program(self, program, *arguments, env=None, **options):
        environment = {**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache"), **(env or {})}
        return subprocess.run([program, *map(str, arguments)], capture_output=True, env=environment, timeout=60 * SLOWNESS, check=False, **options)

    def said(self, program, *arguments, **options):
        result = self.run_program(program, *arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout

    def answers_of(self, program, *flags, **options):
        answers = json.loads(self.said(program, *self.pictures, "-k", "3", "--json", *flags, **options))
        return [[answer["scores"], answer["top"]] for answer in answers]

    def best_isa(self):
        return json.loads(self.kite("inspect", self.home / "m.onnx", "--json").stdout)["isa"]


class Answers(ExeCase):
    def test_all_carriers_give_the_bits_of_classify(self):
        for name, (files, metadata, writer, flags) in CARRIERS.items():
            with self.subTest(name):
                model = self.make(files, metadata, writer)
                before = self.answers(model, *flags)[0]
                program = self.pack_exe(model, *flags)
                self.assertEqual(self.names(self.alone), ["program"])
                shutil.rmtree(self.home)
                self.assertEqual(self.answers_of(program), before)
                self.home.mkdir()

    def test_the_demo_model_gives_the_bits_of_classify(self):
        self.make({})
        program = self.pack_exe(DEMO_MODEL, name="classify-butterflies")
        pictures = sorted(PICTURES.glob("*.jpg"))[:4]
        for threads in (1, 2):
            mine, its = (json.loads(text) for text in (
                self.said(program, *pictures, "--json", "--threads", threads),
                self.kite("classify", DEMO_MODEL, *pictures, "--json", "--threads", threads).stdout))
            for answer in mine + its:
                del answer["timings_ms"]
            self.assertEqual(mine, its)
            self.assertEqual(len(mine), 4)
        # The plan of 20 MB is used where it lies: the process may write into 16 MB of its own.
        limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (16_000_000, 16_000_000))
        if not skips("memory", "test_pack_exe: 16 MB of its own"):
            self.said(program, pictures[0], preexec_fn=limit)

    def test_it_depends_on_nothing_beside_it_nor_on_its_name(self):
        self.make({"config.json": TIMM})
        program = self.pack_exe()
        before = self.answers_of(program)
        place = self.folder / "Another place"
        place.mkdir()
        (place / "labels.txt").write_text("x\ny\nz\n")
        (place / "config.json").write_text(json.dumps({**TIMM, "label_names": ["u", "v", "w"]}))
        moved = place / "it's, renamed"
        program.rename(moved)
        pathlib.Path(f"{moved}.kite.json").write_text(json.dumps({"labels": ["1", "2", "3"], "preprocess": RECIPE}))
        self.assertEqual(self.answers_of(moved), before)
        moved.chmod(0o555)
        place.chmod(0o555)
        nowhere = {"KITE_CACHE_DIR": str(place / "cache"), "HOME": str(place)}
        self.assertEqual(self.answers_of(moved, env=nowhere), before)
        place.chmod(0o755)
        link = self.folder / "link"
        link.symlink_to(moved)
        self.assertEqual(self.answers_of(link), before)
        with open(moved, "rb") as file:
            moved.unlink()
            self.assertEqual(self.answers_of(f"/proc/self/fd/{file.fileno()}", pass_fds=[file.fileno()]), before)

    def test_the_options_are_those_of_classify(self):
        model = self.make({"config.json": TIMM})
        program = self.pack_exe()
        (self.folder / "list.txt").write_text("\n".join(map(str, self.pictures)))
        (self.folder / "other.txt").write_text("x\ny\nz\n")
        for arguments in ([f"@{self.folder / 'list.txt'}", "--format", "csv"], [*self.pictures, "--raw", "--format", "csv"],
                          [*self.pictures, "--format", "csv", "--labels", self.folder / "other.txt"],
                          [*self.pictures, "--format", "csv", "--threshold", "0.3"], ["missing.jpg", self.pictures[0], "--format", "csv"]):
            mine, its = self.run_program(program, *arguments), self.kite("classify", model, *arguments)
            self.assertEqual((mine.returncode, mine.stdout, mine.stderr), (its.returncode, its.stdout, its.stderr), arguments)
            self.assertGreater(mine.stdout.count(b"\n"), 1)
        self.said(program, *self.pictures, "-o", self.folder / "out.csv", "--format", "csv", "--report", self.folder / "page.html",
                  "--trace", self.folder / "trace.json")
        for name in ("out.csv", "page.html", "trace.json"):
            self.assertGreater((self.folder / name).stat().st_size, 10)
        picture = self.pictures[0].read_bytes()
        self.assertEqual(self.said(program, "-", "--format", "csv", input=picture),
                         self.kite("classify", model, "-", "--format", "csv", stdin=picture).stdout)
        self.assert_error(self.run_program(program, self.pictures[0], "--size", "9x9"), "usage", 2, "--size contradicts the model")
        self.assert_error(self.run_program(program, self.pictures[0], "--format", "csv", "-o", program), "usage", 2, "overwrite the input")

    def test_it_says_what_it_is(self):
        self.make({"config.json": TIMM})
        program = self.pack_exe(self.home, "--isa", "generic", name="classify-things")
        help_text = self.said(program, "--help").decode()
        for words in ("Classify pictures with home, which is inside this program", "classify-things [OPTIONS] IMAGE...", "--threads",
                      "Made by `kite pack --exe` of kite 0.", "for generic"):
            self.assertIn(words, help_text)
        self.assertNotIn("MODEL", help_text)
        self.assertRegex(self.said(program, "--version").decode(), r"^home for generic, packed by kite 0\.\d+\.\d+\n$")
        self.assertEqual(self.said(program, "--licenses"), (ROOT / "LICENSE").read_bytes() + (ROOT / "THIRD-PARTY-NOTICES").read_bytes())
        self.assertEqual(self.run_program(program).returncode, 2)
        self.assertEqual(self.run_program(program, "--no-such-option").returncode, 2)


class InstructionSets(ExeCase):
    def test_the_best_plan_that_may_be_used_is_used(self):
        model = self.make({"config.json": TIMM}, writer=lambda path, **options: save_classifier(path, classes=300, size=8, **options))
        (self.home / "config.json").write_text(json.dumps({**TIMM, "num_classes": 300, "label_names": [f"c{i}" for i in range(300)]}))
        best = self.best_isa()
        both = self.pack_exe(model, "--isa", f"generic,{best}", name="both")
        self.assertIn(f"for {best}, generic,".encode(), self.said(both, "--version") + self.said(both, "--help"))
        for isa in ("generic", best):
            page = self.folder / "page.html"
            self.said(both, self.pictures[0], "--report", page, env={"KITE_ISA": isa})
            self.assertIn(isa, page.read_text().split("instruction set", 1)[1][:80])
            self.assertEqual(self.answers_of(both, "--isa", isa), self.answers_of(self.pack_exe(model, "--isa", isa)))
        packed = json.loads(self.kite("pack", model, "--exe", "--isa", f"{best},generic", "-o", self.alone / "x", "--json").stdout)
        self.assertEqual([plan["isa"] for plan in packed["plans"]], [best, "generic"])
        self.assertEqual(packed["bytes"], (self.alone / "x").stat().st_size)

    def test_no_plan_for_this_machine_is_refused_with_the_reason(self):
        self.make({"config.json": TIMM})
        best = self.best_isa()
        if best == "generic":
            self.skipTest("this machine has only the instruction set generic")
        program = self.pack_exe()
        refused = self.run_program(program, self.pictures[0], env={"KITE_ISA": "generic"})
        self.assert_error(refused, "usage", 2, f"holds plans for {best}; asked for is generic", str(program), "kite pack --exe --isa generic,")
        self.assertEqual(self.kite("pack", self.home / "m.onnx", "--exe", "-o", program, "--isa", "sse").returncode, 2)
        self.assert_error(self.kite("pack", self.home / "m.onnx", "-o", program, "--isa", f"generic,{best}"), "usage", 2, "--exe")


class Damage(ExeCase):
    def setUp(self):
        super().setUp()
        self.make({"config.json": TIMM})
        self.program = self.pack_exe()
        self.bytes = self.program.read_bytes()
        self.directory = self.bytes.rindex(b"KITEPACK")
        # Directory: magic, version, plans, bytes and hash of the program; of each plan target, offset, size, hash.
        self.plan, self.plan_bytes = struct.unpack_from("<QQ", self.bytes, self.directory + 40)

    def damaged(self, *words, flags=()):
        self.assert_error(self.run_program(self.program, self.pictures[0], *flags), "invalid-model", 3, "the program is damaged",
                          str(self.program), *words)

    def write(self, at, content):
        with open(self.program, "r+b") as file:
            os.pwrite(file.fileno(), content, at)

    def flipped(self, at, *words, flags=()):
        self.write(at, bytes([self.bytes[at] ^ 0x40]))
        self.damaged(*words, flags=flags)
        self.write(at, self.bytes[at:at + 1])

    def test_the_plan_lies_on_a_page(self):
        self.assertEqual(self.bytes[self.plan:self.plan + 8], b"KITEPLAN")
        self.assertEqual(self.plan % PAGE, 0)
        self.assertEqual(self.directory % PAGE, 0)

    def test_a_program_that_was_cut_says_so(self):
        stripped = self.folder / "stripped"
        subprocess.run(["strip", "-o", stripped, self.program], check=True, capture_output=True)
        self.write(len(self.bytes), b"\0")
        self.damaged("bytes and was made with")
        for length in (len(self.bytes) - 1, self.directory + 8, self.directory, self.plan + 100, self.plan):
            os.truncate(self.program, length)
            self.damaged(f"it has {length} bytes and was made with {len(self.bytes)}")
        self.program = stripped
        self.damaged("bytes and was made with")

    def test_a_flipped_byte_is_found(self):
        places = {self.plan, self.plan + 9, self.plan + self.plan_bytes // 2, self.plan + self.plan_bytes - 1, self.plan - 1}
        for at in sorted(places):
            self.flipped(at, "bytes of it have changed")
            self.flipped(at, "bytes of it have changed", flags=["--no-cache"])
        for at in range(self.directory, len(self.bytes), 13):
            self.flipped(at, "its directory is broken")
        self.said(self.program, self.pictures[0])

    def test_a_directory_that_states_what_cannot_be_is_refused(self):
        """With a checksum that is right, so that what it states is looked at."""
        hash_of = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
        hash_of.restype, hash_of.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t]
        right = self.bytes[self.directory:-8]
        self.assertEqual(hash_of(right, len(right)), struct.unpack("<Q", self.bytes[-8:])[0])
        for at, form, value in ((40, "<Q", self.plan + 8), (40, "<Q", len(self.bytes) // PAGE * PAGE * 2), (48, "<Q", len(self.bytes)),
                                (48, "<Q", 2**63), (32, "<Q", 12345), (16, "<Q", 2**40), (12, "<I", 0), (12, "<I", 5), (8, "<I", 2),
                                (0, "<8s", b"KITEPACC"), (160, "<256s", b"x" * 256), (416, "<32s", b"1" * 32)):
            directory = bytearray(right)
            struct.pack_into(form, directory, at, value)
            self.write(self.directory, bytes(directory) + struct.pack("<Q", hash_of(bytes(directory), len(directory))))
            self.damaged("its directory is broken")

    def test_what_was_found_whole_is_read_once(self):
        cache = self.folder / "cache"
        marks = lambda: {path.name for path in cache.glob("*.whole")}
        later = time.time() + 1000
        os.utime(self.program, (later, later))
        self.said(self.program, self.pictures[0])
        self.assertEqual(marks(), set())  # another change could leave the times as they are
        os.utime(self.program)
        while time.time() - self.program.stat().st_ctime < 2.2:
            time.sleep(0.1)
        self.said(self.program, self.pictures[0], "--no-cache")
        self.assertEqual(marks(), set())
        self.said(self.program, self.pictures[0])
        first = marks()
        self.assertEqual(len(first), 1)
        self.said(self.program, self.pictures[0])
        self.assertEqual(marks(), first)
        self.flipped(self.plan + self.plan_bytes - 1, "bytes of it have changed")


class Packing(ExeCase):
    def test_what_pack_refuses_a_program_refuses(self):
        model = self.make({"labels.txt": "a\nb\nc\n"})
        program = self.alone / "p"
        self.assert_error(self.kite("pack", model, "--exe", "-o", program), "usage", 2, "a guess, which is not packed")
        self.kite("compile", model, "-o", self.home / "m.plan")
        self.assert_error(self.kite("pack", self.home / "m.plan", "--exe", "-o", program), "usage", 2, "a plan holds no ONNX model")
        self.assert_error(self.kite("pack", model, "--exe", "-o", model, "--recipe", "imagenet"), "usage", 2, "overwrite the input")
        self.assertEqual(self.names(self.alone), [])
        self.assertEqual(self.kite("pack", model, "-o", program, "--batch", "2").returncode, 2)

    def test_the_file_may_be_started_by_those_who_may_read_it(self):
        self.make({"config.json": TIMM})
        for umask, mode in ((0o022, 0o755), (0o027, 0o750), (0o077, 0o700)):
            program = self.alone / f"p{umask}"
            result = subprocess.run(["/bin/sh", "-c", f"umask {umask:o}; exec \"$@\"", "sh", os.environ.get("KITE", ROOT / "build/release/bin/kite"),
                                     "pack", self.home / "m.onnx", "--exe", "-o", program], capture_output=True, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(program.stat().st_mode & 0o7777, mode)
        program.chmod(0o644)
        self.pack_exe(name=program.name)
        self.assertEqual(program.stat().st_mode & 0o7777, 0o755)

    def test_shapes_are_fixed_when_it_is_packed(self):
        self.make({"config.json": TIMM}, writer=lambda path, **options: save_classifier(path, dims=["n", 3, "h", "w"], **options))
        program = self.pack_exe(None, "--size", "10x12", "--batch", "2")
        self.assertEqual(self.answers_of(program), self.answers(self.home / "m.onnx", "--size", "10x12")[0])
        self.assert_error(self.run_program(program, self.pictures[0], "--batch", "3"), "usage", 2, "kite compile")

    def test_the_same_bytes_twice_and_through_standard_output(self):
        self.make({"config.json": TIMM})
        first = hashlib.sha256(self.pack_exe().read_bytes()).hexdigest()
        piped = self.kite("pack", self.home / "m.onnx", "--exe", "-o", "/dev/stdout").stdout
        self.assertEqual(hashlib.sha256(piped).hexdigest(), first)


if __name__ == "__main__":
    unittest.main()
