# SPDX-License-Identifier: Apache-2.0
"""The report's pages as other programs read them: an XML parser, and (where asked for) a browser."""
import base64
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from browser import assert_fits, find_browser, look

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("planted", "threads", "spoiled", "pilot", "hostile", "empty", "plots", "profile")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = pathlib.Path(cls.scratch.name)
        subprocess.run([os.environ["SAMPLE_PAGES"], cls.folder], check=True)

    def text(self, name):
        return (self.folder / f"{name}.html").read_text(encoding="utf-8")

    def tree(self, name):
        # What stands in <script> and <style> is not XML's business.
        text = re.sub(r"(?s)<(script|style)>.*?</\1>", r"<\1/>", self.text(name))
        return ElementTree.fromstring(text.replace("<!DOCTYPE html>", "", 1))


class Markup(Pages):
    def test_every_page_is_well_formed(self):
        for name in NAMES:
            with self.subTest(name):
                self.assertEqual(self.tree(name).tag, "html")

    def test_hostile_text_stays_text(self):
        tree = self.tree("hostile")
        self.assertIn('<script src="http://example.org/x.js">', "".join(tree.itertext()))
        self.assertEqual(len(list(tree.iter("script"))), 1)
        for element in tree.iter():
            self.assertNotIn("src", element.attrib)
            self.assertFalse([name for name in element.attrib if name.startswith("on")])
            self.assertFalse(element.get("href", "").startswith("javascript"))

    def test_no_attribute_is_nan_or_infinite(self):
        for name in NAMES:
            for picture in self.tree(name).iter(SVG + "svg"):
                for element in picture.iter():
                    for key, value in element.attrib.items():
                        if key not in ("data-name", "aria-labelledby", "id", "class"):
                            self.assertIsNone(re.search(r"nan|inf", value, re.I), f"{name}: {key}={value}")

    def test_every_plot_has_title_description_and_values(self):
        for name in NAMES:
            for figure in self.tree(name).iter("figure"):
                picture = figure.find(f".//{SVG}svg")
                self.assertEqual(picture.get("role"), "img")
                self.assertTrue(picture.find(SVG + "title").text)
                self.assertTrue(picture.find(SVG + "desc").text)
                self.assertTrue(figure.findall("details//table") or figure.findall("details//p"))

    def test_rows_have_as_many_cells_as_their_table_has_columns(self):
        for name in NAMES:
            for table in self.tree(name).iter("table"):
                columns = len(table.findall("thead/tr/th"))
                for row in table.findall("tbody/tr"):
                    wide = sum(int(cell.get("colspan", 1)) for cell in row)
                    self.assertEqual(wide, columns, ElementTree.tostring(row)[:200])

    def test_policy_admits_exactly_this_style_and_script(self):
        text = self.text("planted")
        for element in ("style", "script"):
            (inside,) = re.findall(rf"(?s)<{element}>(.*?)</{element}>", text)
            digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
            self.assertIn(f"{element}-src 'sha256-{digest}'", text)
        self.assertNotIn("unsafe-inline", text)

    def test_every_class_of_a_plot_has_a_style(self):
        style = re.findall(r"(?s)<style>(.*?)</style>", self.text("planted"))[0]
        known = set(re.findall(r"\.([a-z][a-z0-9-]*)", style))
        for name in ("planted", "threads", "profile", "plots"):
            for picture in self.tree(name).iter(SVG + "svg"):
                used = {word for element in picture.iter() for word in element.get("class", "").split()}
                self.assertLessEqual(used - {"frame", "plot"}, known)


@unittest.skipUnless(os.environ.get("KITE_BROWSER_TESTS"), "only in the run of all tests (KITE_BROWSER_TESTS=1)")
class Browser(Pages):
    def setUp(self):
        if not find_browser():
            self.skipTest("no browser: install Debian's chromium")

    def test_nothing_overflows_at_two_widths_in_both_themes(self):
        for name in NAMES:
            for width in (1280, 390):
                for dark in (False, True):
                    with self.subTest(page=name, width=width, dark=dark):
                        assert_fits(self, self.folder / f"{name}.html", width, dark)

    def test_script_is_admitted_by_the_policy(self):
        self.assertIs(look(self.folder / "planted.html", 1280, False)["button"], False)


if __name__ == "__main__":
    unittest.main()
