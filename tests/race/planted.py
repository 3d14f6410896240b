# SPDX-License-Identifier: Apache-2.0
"""A planted race's folder, made once for all tests of a module."""

import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["KITE_RACE_PLANTED"]


class PlantedRace(unittest.TestCase):
    """`self.folder` holds a journal with known true ratios and the report that is made from it."""

    ROUNDS = 16
    NOISE = 0.008  # sd of the ln of a process's own factor

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        subprocess.run([PROGRAM, str(cls.folder), str(cls.ROUNDS), "7", str(cls.NOISE)], check=True, timeout=60)
