# SPDX-License-Identifier: Apache-2.0
"""tools/sbom: a bill of materials of what the build under test links, in the form that CycloneDX describes."""

import json
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KITE_BUILD", ROOT / "build/release"))


def bill(*products):
    return subprocess.run([ROOT / "tools/sbom", "--build", BUILD, *products], capture_output=True, text=True, check=False,
                          env={**os.environ, "SOURCE_DATE_EPOCH": "86400"})


class Bill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        result = bill("kite")
        assert result.returncode == 0, result.stderr
        cls.text = result.stdout
        cls.bill = json.loads(cls.text)

    def test_it_names_the_versions_that_are_installed_here(self):
        found = {component["name"]: component for component in self.bill["components"]}
        for package in ("libpng-dev", "libjpeg62-turbo-dev", "libwebp-dev", "zlib1g-dev", "libc6-dev"):
            version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", package], capture_output=True, text=True, check=True).stdout.split()[0]
            self.assertEqual(found[package]["version"], version)
            self.assertIn({"name": "paperkite:taken", "value": "linked"}, found[package]["properties"])
        self.assertIn({"name": "paperkite:taken", "value": "headers"}, found["libcli11-dev"]["properties"])

    def test_it_names_the_components_of_the_notices(self):
        notices = (ROOT / "THIRD-PARTY-NOTICES").read_text(encoding="utf-8")
        listed = {name for name, products in re.findall(r"^=+\n(?!The text of)(.+?), in (.*)$", notices, re.MULTILINE) if "kite" in products.split(", ")}
        sources = {re.sub(r"^gcc-\d+$", "gcc", each["value"].split()[0]) for component in self.bill["components"]
                   for each in component.get("properties", ()) if each["name"] == "paperkite:source-package"}
        self.assertEqual(sources, listed)

    def test_its_form(self):
        self.assertEqual((self.bill["bomFormat"], self.bill["specVersion"]), ("CycloneDX", "1.5"))
        self.assertEqual(self.bill["metadata"]["timestamp"], "1970-01-02T00:00:00Z")
        refs = [component["bom-ref"] for component in self.bill["components"]] + [self.bill["metadata"]["component"]["bom-ref"]]
        self.assertEqual(len(refs), len(set(refs)))
        for dependency in self.bill["dependencies"]:
            self.assertLessEqual({dependency["ref"], *dependency["dependsOn"]}, set(refs))
        for component in self.bill["components"]:
            self.assertTrue(component["name"] and component["version"], component)
            self.assertIn(component["type"], ("application", "library"))

    def test_the_same_build_gives_the_same_bytes(self):
        self.assertEqual(bill("kite").stdout, self.text)

    def test_what_was_not_built_is_an_error(self):
        result = bill("nothing")
        self.assertEqual(result.returncode, 1)
        self.assertIn("nothing: no map", result.stderr)


if __name__ == "__main__":
    unittest.main()
