# SPDX-License-Identifier: Apache-2.0
"""The gate, from outside: two builds of one program in the same rounds and heats, then `kite race compare` of that race
and of two races, with its exit codes, its files and its errors."""

import json
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.dom.minidom

from fake_peers import CONTESTANT, KITE_RACE, OneRace, PYTHON, RaceCase

# The new build is so much slower that the limits of these tests can be far above the control's change on a busy machine.
SLOWER = "REPEATS = 200", "REPEATS = 600"
LIMITS = "label=100%,steady=50%"


def compare(*arguments):
    return subprocess.run([KITE_RACE, "compare", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


def build(folder, name, *changes):
    """A build of the tests' contestant that differs in its contents."""
    text = CONTESTANT.read_text() + f"# the build {name}\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def commands(name, program):
    """The options as a user would type them: the whole program, and its inference by the protocol."""
    whole = [*PYTHON, program, "oneshot", "--model", "{model}", "--picture", "{picture}", "--threads", "{threads}"]
    steady = [*PYTHON, program, "no_pre", "--inputs", "{inputs}", "--count", "{count}", "--threads", "{threads}"]
    return ["--command", f"{name}={' '.join(map(str, whole))}", "--command", f"{name}:no_pre={' '.join(map(str, steady))}"]


class TwoBuildsTest(OneRace):
    @classmethod
    def prepare(cls, ground):
        cls.base = build(ground.folder, "old")
        cls.new = build(ground.folder, "new", SLOWER, ('print("1, Green', 'time.sleep(0.2); print("1, Green'))
        return ["--peers", "none", "--rounds", "8", "--budget", "0.6", *commands("base", cls.base), *commands("new", cls.new)]

    def pair(self, *arguments):
        return compare(self.out, "--base", "base", "--new", "new", *arguments)

    def test_both_race_in_the_same_rounds_and_heats(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr)
        plan = self.records("plan")[0]
        self.assertEqual([contestant["id"] for contestant in plan["contestants"]], ["base", "control", "new"])
        cells = plan["cells"]
        for record in self.records("set"):
            names = {cells[process["cell"]]["contestant"] for process in record["processes"]}
            self.assertEqual(names, {"base", "control", "new"})
        self.assertGreaterEqual(len(self.records("set")), 6)
        parity = {record["contestant"]: record["equal"] for record in self.records("parity")}
        self.assertEqual(parity, {"base": True, "control": True, "new": True})
        self.assertIn("same answer", (self.out / "report.md").read_text())

    def test_the_report_says_which_file_was_which(self):
        programs = {contestant["id"]: contestant["programs"] for contestant in self.records("plan")[0]["contestants"]}
        for name, path in (("base", self.base), ("new", self.new)):
            self.assertEqual([program["path"] for program in programs[name]], [PYTHON[0], str(path)])
            self.assertEqual(programs[name][1]["bytes"], path.stat().st_size)
            self.assertIn(programs[name][1]["xxh3"], (self.out / "report.md").read_text())
        self.assertNotEqual(programs["base"][1]["xxh3"], programs["new"][1]["xxh3"])

    def test_a_slower_build_fails_its_limits(self):
        result = self.pair("--fail-if", LIMITS, "--fail-if", "memory=50%")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("failed: new against base", result.stdout)
        self.assertRegex(result.stdout, r"slower")
        self.assertIn(str(self.new), result.stdout)
        loose = self.pair("--fail-if", "label=1000%", "--fail-if", "steady=1000%")
        self.assertEqual(loose.returncode, 0, loose.stdout + loose.stderr)
        self.assertRegex(loose.stdout, "(passed|undecided): new against base")  # the width depends on how busy the machine is
        faster = compare(self.out, "--base", "new", "--new", "base", "--fail-if", "label=100%")
        self.assertEqual(faster.returncode, 0, faster.stdout + faster.stderr)
        self.assertIn("◆ faster", faster.stdout)

    def test_one_picture_and_one_table_come_out(self):
        svg, table = self.out / "changes.svg", self.out / "changes.md"
        result = self.pair("--fail-if", LIMITS, "--svg", svg, "--markdown", table)
        self.assertEqual(result.returncode, 1, result.stderr)
        picture = xml.dom.minidom.parse(str(svg))
        self.assertEqual(picture.documentElement.tagName, "svg")
        self.assertIn('class="limit"', svg.read_text())
        text = table.read_text()
        self.assertTrue(text.startswith("**failed**: new against base"), text)
        self.assertEqual(len(re.findall(r"^\|---", text, re.MULTILINE)), 1, text)
        self.assertEqual(len(re.findall("^Rule: .*exit code 1.*exit code 7.*$", text, re.MULTILINE)), 1, text)
        self.assertIn("▲ slower", text)
        printed = self.pair("--fail-if", LIMITS, "--markdown", "-")
        self.assertEqual((printed.returncode, printed.stdout), (1, text))

    def test_programs_read_json(self):
        result = self.pair("--fail-if", "label=100%", "--json")
        self.assertEqual(result.returncode, 1, result.stderr)
        found = json.loads(result.stdout)
        self.assertEqual((found["outcome"], found["limits"]), ("failed", {"label": 1}))
        row, control = found["rows"]
        self.assertEqual((row["contestant"], row["measure"], row["verdict"], row["limit"]), ("new", "label", "broken", 1))
        self.assertGreater(row["ci"][0], 2)
        self.assertTrue(control["unchanged"])
        self.assertNotIn("verdict", control)

    def test_the_report_and_the_gate_say_the_same_of_the_pair(self):
        found = json.loads(self.pair("--fail-if", "whole=3%", "--json").stdout)
        summary = json.loads((self.out / "summary.json").read_text())["verdicts"]
        row = [row for row in summary if (row["contestant"], row["measure"], row["mode"]) == ("new", "wall", "oneshot")][0]
        self.assertAlmostEqual(found["rows"][0]["ratio"], row["ratio"])

    def test_a_control_that_moved_cannot_be_decided(self):
        def slow_down(process, contestant):
            if contestant == "control":
                for key in ("wall_ns", "label_ns"):
                    process[key] = process.get(key, 0) * 2

        result = compare(self.changed_race("moved", slow_down), "--base", "base", "--new", "new", "--fail-if", "label=3%")
        self.assertEqual(result.returncode, 7, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"cannot tell: unchanged contestants moved by \d+ %")

    def test_two_races_are_gated_alike(self):
        def rebuild(record, contestant):
            if contestant == "new":
                for key in ("wall_ns", "label_ns"):
                    record[key] = record.get(key, 0) * 2
            for contestant in record.get("contestants", []):
                if contestant["id"] == "new":
                    contestant["programs"][1]["xxh3"] = "0" * 16

        slower = self.changed_race("slower", rebuild)
        worse = compare(self.out, slower, "--fail-if", "label=3%")
        self.assertEqual(worse.returncode, 1, worse.stdout + worse.stderr)
        self.assertRegex(worse.stdout, r"new before: .*; after: .*0000000000000000")
        self.assertEqual(compare(slower, self.out, "--fail-if", "label=3%").returncode, 0)
        same = compare(self.out, self.out, "--fail-if", "label=3%")
        self.assertEqual((same.returncode, same.stdout), (3, ""), same.stderr)
        self.assertIn("is unchanged", same.stderr)

    def test_what_cannot_be_asked_is_named_with_a_remedy(self):
        for arguments, code, words in (
                (["--fail-if", "speed=3%"], 2, "there are label"),
                (["--fail-if", "label=fast"], 2, "not a percentage"),
                (["--fail-if", "label=-3%"], 2, "not a percentage"),
                (["--fail-if", "label=3%,label=4%"], 2, "two limits"),
                (["--fail-if", "inc_pre=3%"], 3, "inc_pre"),
                (["--fail-if", "label=3%", "--svg", "/no/such/folder/a.svg"], 6, "/no/such/folder")):
            result = self.pair(*arguments)
            self.assertEqual((result.returncode, result.stdout), (code, ""), (arguments, result.stderr))
            self.assertIn(words, result.stderr)
        unknown = compare(self.out, "--base", "old", "--new", "new", "--fail-if", "label=3%")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("there are base, new", unknown.stderr)
        nowhere = compare("/no/such/race", "--base", "base", "--new", "new", "--fail-if", "label=3%")
        self.assertEqual(nowhere.returncode, 6)
        alone = compare(self.out, "--fail-if", "label=3%")
        self.assertEqual(alone.returncode, 2)
        self.assertIn("--base ID --new ID", alone.stderr)


class BadBuildsTest(RaceCase):
    def race(self, *arguments):
        return self.run_race(*self.race_arguments(self.folder / "out", "--peers", "none", "--rounds", "1", *arguments))

    def test_two_names_for_one_program_are_named_in_the_race_and_by_the_gate(self):
        program = build(self.folder, "old")
        copy = pathlib.Path(shutil.copy(program, self.folder / "copy.py"))
        result = self.race(*commands("base", program), *commands("new", copy))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('"base" and "new" are the same program', result.stderr)
        gate = compare(self.folder / "out", "--base", "base", "--new", "new")
        self.assertIn("base and new run equal files", gate.stdout)

    def test_a_build_that_does_not_speak_the_protocol_is_named_and_never_passes(self):
        old, new = build(self.folder, "old"), build(self.folder, "new", ('stamp("loaded")', 'print("hello")'))
        result = self.race("--modes", "no_pre", "--budget", "0.2", *commands("base", old), *commands("new", new))
        self.assertEqual(result.returncode, 0, result.stderr)
        gate = compare(self.folder / "out", "--base", "base", "--new", "new", "--fail-if", "steady=3%")
        self.assertEqual(gate.returncode, 7, gate.stdout + gate.stderr)
        self.assertIn("cannot tell", gate.stdout)
        self.assertIn("hello", gate.stdout)


if __name__ == "__main__":
    unittest.main()
