# SPDX-License-Identifier: Apache-2.0
"""The page of kite classify --report in a browser: it fits, in both themes and on a phone, and its controls do what they say."""

import os
import tempfile
import unittest
import pathlib
import subprocess

import numpy as np
from onnx import helper

from browser import assert_fits, find_browser, look
from kite import DEMO_MODEL, KITE, PICTURES, save, save_picture

LONG = "Very long label of a species that has a name in every language, " * 4


@unittest.skipUnless(os.environ.get("KITE_BROWSER_TESTS"), "only in the run of all tests (KITE_BROWSER_TESTS=1)")
class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not find_browser():
            raise unittest.SkipTest("no browser: install Debian's chromium")
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.make_pages()

    @classmethod
    def page(cls, name, *arguments):
        path = cls.folder / f"{name}.html"
        environment = {**os.environ, "KITE_CACHE_DIR": str(cls.folder / "cache")}
        done = subprocess.run([KITE, "classify", *map(str, arguments), "--report", str(path)], capture_output=True, env=environment,
                              timeout=120, check=False)
        assert path.exists(), done.stderr.decode()

    @classmethod
    def make_pages(cls):
        classes = 1000
        random = np.random.default_rng(1)
        weights = random.normal(0, 9, (classes, 3)).astype(np.float32)
        bias = (-weights @ np.array([0.5, 0.5, 0.5], np.float32)).astype(np.float32)
        nodes = [helper.make_node("GlobalAveragePool", ["x"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
                 helper.make_node("Gemm", ["f", "w", "b"], ["logits"], transB=1)]
        wide = save(cls.folder / "wide.onnx", nodes, [("x", ["batch", 3, 8, 8])], [("logits", ["batch", classes])],
                    {"w": weights, "b": bias}, metadata={"paperkite.preprocess": '{"resize": [8, 8]}'})
        labels = cls.folder / "labels.txt"
        labels.write_text("".join(f"{LONG if i % 7 == 0 else 'species'} {i}\n" for i in range(classes)))
        coloured = cls.folder / "coloured"
        coloured.mkdir()
        for i in range(300):
            long = "name_without_a_place_to_break_" * 5 if i % 50 == 0 else "p"
            save_picture(coloured / f"{long}{i:03}.png", tuple(int(c) for c in random.integers(0, 256, 3)), size=(20, 10 + i % 30))
        (cls.folder / "bad").mkdir()
        for i in range(3):
            (cls.folder / "bad" / f"{'damaged_' * 20 if i == 1 else ''}{i}.jpg").write_bytes(b"\xff\xd8\xff" + bytes(i))
        pictures = sorted(PICTURES.iterdir())
        cls.page("one", DEMO_MODEL, pictures[0])
        cls.page("two", DEMO_MODEL, *pictures[:2])
        cls.page("many", DEMO_MODEL, PICTURES)
        cls.page("classes", wide, coloured, "--labels", labels)
        cls.page("all_classes", wide, coloured / "p001.png", "--labels", labels, "-k", classes)
        cls.page("raw", wide, coloured, cls.folder / "bad", "--raw")
        cls.page("failed", DEMO_MODEL, cls.folder / "bad")
        cls.page("failed_one", DEMO_MODEL, cls.folder / "bad" / "0.jpg")

    def test_every_page_fits_at_two_widths_in_both_themes(self):
        for page in sorted(self.folder.glob("*.html")):
            for width in (1280, 375):
                for dark in (False, True):
                    with self.subTest(page=page.stem, width=width, dark=dark):
                        seen = assert_fits(self, page, width, dark)
                        self.assertIs(seen["button"], False)  # the script is admitted by the policy

    def act(self, page, script):
        return look(self.folder / f"{page}.html", 1000, False, f"(async () => {{ {HELP} {script} }})()")["acted"]

    def test_pictures_are_decoded_and_the_data_urls_are_admitted(self):
        for page, least in (("one", 1), ("many", 60)):
            sizes = self.act(page, "await pause(); return [...inside.images].map(i => i.naturalWidth);")
            self.assertGreaterEqual(len(sizes), least)
            self.assertTrue(all(sizes), sizes)
        box = self.act("one", "const b = inside.querySelector('.whole image').getBBox(); return [b.width, b.height];")
        self.assertEqual(box, [320, 212])

    def test_more_cards_come_when_they_are_asked_for_and_the_keyboard_stays_there(self):
        counts = self.act("many", """const counts = [cards().length, more().hidden];
          more().focus(); more().click(); counts.push(cards().length, [...cards()].indexOf(inside.activeElement));
          more().click(); counts.push(cards().length, more().hidden); return counts;""")
        self.assertEqual(counts, [60, False, 120, 60, 150, True])

    def test_orders_are_what_they_say(self):
        for order, key in (("low", "value"), ("high", "value"), ("name", "name")):
            texts = self.act("many", f"choose('order', '{order}'); return [...cards()].map(c => text(c, '.{key}'));")
            values = [float(text.split()[0]) for text in texts] if key == "value" else texts
            self.assertEqual(values, sorted(values, reverse=order == "high"), order)
        margins = self.act("many", "return [...cards()].map(c => [text(c, '.value'), text(c, '.second')]);")
        differences = [float(first.split()[0]) - float(second.split()[-2]) for first, second in margins]
        self.assertEqual(differences, sorted(differences))

    def test_label_name_and_histogram_filter_and_show_all_brings_everything_back(self):
        found = self.act("many", """
          const rows = []; const note = () => rows.push([cards().length, status(), [...new Set([...cards()].map(c => text(c, '.label')))]]);
          choose('label', '50'); note();
          type('name', 'paper_kite_1'); await pause(); note();
          type('name', 'no such name'); await pause(); note();
          inside.querySelector('.controls button').click(); await pause(); note();
          const bin = [...inside.querySelectorAll('.bin')].pop();
          bin.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'})); note(); rows[4].push(bin.getAttribute('aria-pressed'));
          inside.querySelector('.controls button').click(); await pause();
          inside.querySelector('.counts button').click(); note(); return rows;""")
        self.assertEqual(found[0][2], ["Paper Kite"])
        self.assertEqual((found[1][0], found[1][1]), (1, "1 picture"))
        self.assertEqual((found[2][0], found[2][1]), (0, "No picture is like that."))
        self.assertEqual((found[3][0], found[3][1]), (60, "The first 60 of 150 pictures"))
        self.assertRegex(found[4][1], "confidence 95.00.% to 100.00.%$")
        self.assertEqual(found[4][3], "true")
        self.assertEqual(len(found[5][2]), 1)

    def test_every_control_has_a_name_and_every_picture_an_alternative(self):
        nameless = self.act("raw", """return [...inside.querySelectorAll('input, select, button, img, [role=button], [role=region]')]
          .filter(e => !(e.alt || e.textContent.trim() || e.labels?.length || e.getAttribute('aria-label'))).map(e => e.outerHTML);""")
        self.assertEqual(nameless, [])

    def test_the_theme_can_be_switched(self):
        papers = self.act("two", """const paper = () => getComputedStyle(inside.body).backgroundColor;
          const seen = [paper()]; inside.getElementById('theme').click(); seen.push(paper()); inside.getElementById('theme').click();
          seen.push(paper()); return seen;""")
        self.assertEqual(papers[0], papers[2])
        self.assertNotEqual(papers[0], papers[1])


HELP = """
  const cards = () => inside.querySelectorAll('#cards > li');
  const more = () => inside.getElementById('more');
  const status = () => inside.getElementById('found').textContent;
  const text = (element, part) => element.querySelector(part).textContent;
  const pause = () => new Promise(done => setTimeout(done, 400));
  const choose = (id, value) => { const e = inside.getElementById(id); e.value = value; e.dispatchEvent(new Event('change')); };
  const type = (id, value) => { const e = inside.getElementById(id); e.value = value; e.dispatchEvent(new Event('input')); };
"""

if __name__ == "__main__":
    unittest.main()
