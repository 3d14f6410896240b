# SPDX-License-Identifier: Apache-2.0
"""Every option that takes a number, of every verb of kite and of `kite race`, refuses what is none before anything is done."""

import re
import shutil

from kite import Case

VERBS = [["classify", "m.onnx", "p.png"], ["run", "m.onnx"], ["bench", "m.onnx"], ["inspect", "m.onnx"], ["profile", "m.onnx"],
         ["compile", "m.onnx", "-o", "out"], ["verify", "m.onnx"], ["pack", "m.onnx", "-o", "out"], ["doctor"],
         ["race"], ["race", "compare", "old", "new"], ["race", "noise"]]
# Said to be numbers by their type or by their range; and those that the help does not show as numbers.
NUMBER = re.compile(r"^  (-k|--[\w-]+) \S*?(?:INT|UINT|FLOAT|SIZE)\b", re.MULTILINE)
MORE = {"race": ["--seed"], "doctor": ["--noise"]}
WORDS = {"classify": ["--size", "--shape"], "run": ["--shape"], "race compare": ["--fail-if"]}
NO_NUMBERS = ["", " ", " 1", "1 ", "+1", "0x1", "1x", "nan", "-nan", "inf", "-inf", "1e999", "1e", "--1", "1_000", "1,,1", ",1", "1,", "\u0661", "1\n",
              "99999999999999999999999999", "-99999999999999999999999999"]
NO_SIZES = ["0x0", "-1x1", "1x-1", "1x", "x1", "1x1x", "nanx1", "1e3x1", " 1x1", "1x1 ", "99999999999999999999x1", "1.5x1"]
NO_SHAPES = ["x", "=1", "x=", "x=0", "x=-1", "x=1x", "x=nan", "x= 1", "x=1x99999999999999999999", "x=1.5"]
NO_LIMITS = ["label", "label=", "label=nan", "label=inf%", "label=-1%", "label=0x3%", "label= 3%", "label=1e9%", "label=3 percent"]


class EveryNumber(Case):
    def options_of(self, verb):
        words = [word for word in verb if word.islower() and "." not in word][: 2 if verb[0] == "race" else 1]
        words = [word for word in words if word not in ("old", "new")]
        text = self.kite(*words, "--help").stdout.decode()
        name = " ".join(words)
        return name, sorted({match.group(1) for match in NUMBER.finditer(text)} | set(MORE.get(name, [])))

    def assert_refused(self, command):
        with self.subTest(command):
            result = self.kite(*command, timeout=20, cwd=self.folder)
            self.assertEqual(result.returncode, 2, result.stdout[-200:] + result.stderr[-200:])
            self.assertEqual(result.stdout, b"")
            left = [p.name for p in self.folder.iterdir()]
            for name in left:
                shutil.rmtree(self.folder / name)
            self.assertEqual(left, [])

    def test_each_option_refuses_each_word_that_is_no_number(self):
        tried = set()
        for verb in VERBS:
            name, options = self.options_of(verb)
            self.assertTrue(options, name)
            for option in options:
                # Every option of every verb, and each option with all words once in each program.
                key = option, name.startswith("race")
                words = ["nan", "0x1"] if key in tried else NO_NUMBERS
                tried.add(key)
                for word in words:
                    if option == "--noise" and word == "":
                        continue  # a time need not be stated
                    self.assert_refused([*verb, f"{option}={word}"])
        self.assertGreaterEqual(len(tried), 20)

    def test_sizes_shapes_and_limits_hold_numbers_as_well(self):
        for verb in VERBS:
            name, _ = self.options_of(verb)
            for option in WORDS.get(name, []):
                for word in {"--size": NO_SIZES, "--shape": NO_SHAPES, "--fail-if": NO_LIMITS}[option]:
                    self.assert_refused([*verb, f"{option}={word}"])
