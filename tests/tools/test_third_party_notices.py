# SPDX-License-Identifier: Apache-2.0
"""What tools/third_party_notices reads from copyright files, and that it notices what the committed file lacks."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOADER = importlib.machinery.SourceFileLoader("third_party_notices", str(ROOT / "tools/third_party_notices"))
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader(LOADER.name, LOADER))
LOADER.exec_module(tool)

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: thing

Files: *
Copyright: 2001, 2003, Ann
           2009-2011, Ann.
License: Expat

Files: program.c
Copyright: 2002, Bob
License: GPL-2

Files: src/member.c
Copyright: 2004, Eve
License: BSD-3-clause or GPL-2

Files: debian/* tests/*.c
Copyright: 2005, Dan
License: Artistic

License: Expat
 Permission is hereby granted.
 .
 Second paragraph.

License: GPL-2
 In /usr/share/common-licenses/GPL-2.

License: BSD-3-clause
 Redistribution.

License: Artistic
 Art.
"""


class Texts(unittest.TestCase):
    def test_what_is_not_linked_is_left_out_and_years_are_merged(self):
        text = tool.from_fields(COPYRIGHT, {"member"})
        self.assertIn("Copyright 2001-2011, Ann\nLicence: Expat", text)
        self.assertIn("Copyright 2004, Eve\nLicence: BSD-3-clause or GPL-2", text)
        self.assertIn("Expat:\n\nPermission is hereby granted.\n\nSecond paragraph.", text)
        for absent in ("Bob", "Dan", "Art."):
            self.assertNotIn(absent, text)
        self.assertIn("Bob", tool.from_fields(COPYRIGHT, {"member", "program"}))

    def test_a_file_is_read_back_as_it_was_written(self):
        notices = tool.Notices()
        notices.release = "Some Debian 1"
        notices.add("b", "kite", "text of b\n\nin /usr/share/common-licenses/LGPL-2.1'.")
        notices.add("b", "library", notices.texts["b"])
        notices.add("a", "library", "text of a")
        notices.add_named_licences()
        again = tool.Notices.parse(notices.write())
        self.assertEqual((again.release, again.products, again.texts), (notices.release, notices.products, notices.texts))
        self.assertEqual(again.products["The text of LGPL-2.1"], {"kite", "library"})
        self.assertEqual(set(again.without({"library"}).products), {"b", "The text of LGPL-2.1"})


class Check(unittest.TestCase):
    def notices(self, release="Debian 1", **texts):
        notices = tool.Notices()
        notices.release = release
        for component, text in texts.items():
            notices.add(component, "kite", text)
        return notices

    def test_each_difference_is_a_line(self):
        committed = self.notices(a="1", b="2")
        self.assertEqual(list(tool.check(committed, self.notices(a="1", b="2"))), [])
        self.assertEqual(list(tool.check(committed, self.notices(a="1", b="3"))), ["b: its text differs"])
        self.assertEqual(list(tool.check(committed, self.notices("Debian 2", a="4", b="3"))), [])
        for linked in (self.notices(a="1"), self.notices(a="1", b="2", c="3"), self.notices("Debian 2", a="1")):
            self.assertEqual(len(list(tool.check(committed, linked))), 1)

    def test_a_linked_file_of_nobody_is_an_error(self):
        with tempfile.NamedTemporaryFile() as file, self.assertRaisesRegex(SystemExit, "belongs to no Debian package"):
            tool.owners({pathlib.Path(file.name)})

    def test_a_file_of_a_python_package_belongs_to_it(self):
        with tempfile.TemporaryDirectory() as folder:
            packages = pathlib.Path(folder, "site-packages")
            for name in ("thing/thing.cpp", "thing-1.dist-info/licenses/LICENSE"):
                (packages / name).parent.mkdir(parents=True, exist_ok=True)
                (packages / name).write_text("x")
            self.assertEqual(tool.owners({packages / "thing/thing.cpp"}),
                             {packages / "thing/thing.cpp": ("thing", packages / "thing-1.dist-info/licenses/LICENSE")})


    def test_a_library_inside_of_a_python_package_has_its_own_licence(self):
        with tempfile.TemporaryDirectory() as folder:
            header = pathlib.Path(folder, "site-packages/thing/ext/inner/include/inner.h")
            header.parent.mkdir(parents=True)
            header.write_text("/**\n * A licence\n *\n * of two paragraphs.\n */\n#pragma once\n")
            self.assertEqual(tool.owners({header}), {header: ("inner", header)})
            self.assertEqual(tool.text_of("inner", header, frozenset()), "A licence\n\nof two paragraphs.")


if __name__ == "__main__":
    unittest.main()
