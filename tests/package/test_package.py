# SPDX-License-Identifier: Apache-2.0
"""What `make install PREFIX=DIR` puts there, and programs that are built with it and nothing else of this tree."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/regnet_x_400mf.onnx"
PICTURE = ROOT / "models/pictures/paper_kite_1.jpg"
TOOLS = {name: os.environ[name] for name in ("BUILD", "CMAKE", "NM", "READELF", "CC", "CXX")}
FIRST_LINE = re.compile(r"50, Paper Kite, 0\.918\d+\n")


def output(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if result.returncode:
        raise AssertionError(f"{command} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def declarations(header):
    """The functions of a header as they are declared, without comments, one a line, sorted by their names."""
    text = re.sub(r"//.*|^#.*|PAPERKITE_MUST_USE", "", header.read_text(), flags=re.MULTILINE)
    found = re.findall(r"[\w\s*]+\bpaperkite_\w+\([^)]*\)(?=;)", text)
    return sorted((" ".join(declaration.split()) for declaration in found), key=lambda line: name_of(line))


def name_of(declaration):
    return re.search(r"paperkite_\w+(?=\()", declaration).group()


def names_of(library):
    """The names that a shared library defines, with their versions."""
    return output(TOOLS["NM"], "-D", "--defined-only", "--format=just-symbols", library).split()


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        cls.folder = pathlib.Path(cls._folder.name)
        cls.first = cls.folder / "first"
        output(TOOLS["CMAKE"], "--install", TOOLS["BUILD"], "--prefix", cls.first)
        # An installation may be moved: nothing in it says where it was.
        cls.prefix = cls.folder / "moved here"
        cls.first.rename(cls.prefix)
        cls.library = next(cls.prefix.rglob("libpaperkite.so.0")).parent

    def setUp(self):
        self.environment = {name: value for name, value in os.environ.items() if name not in ("CFLAGS", "CXXFLAGS", "LDFLAGS")}
        self.environment |= {"PKG_CONFIG_PATH": str(self.library / "pkgconfig"), "KITE_CACHE_DIR": str(self.folder / "cache")}
        self.work = self.folder / self.id().rpartition(".")[2]
        self.work.mkdir()

    def pkg_config(self, *flags):
        text = output("pkg-config", *flags, "paperkite", env=self.environment)
        return [word.replace("\\ ", " ") for word in re.findall(r"(?:\\ |\S)+", text)]

    def assert_answers(self, program, environment=None):
        text = output(program, MODEL, PICTURE, env=environment or self.environment)
        self.assertRegex(text, FIRST_LINE)
        self.assertEqual(text.count("\n"), 5)

    def with_library(self):
        return {**self.environment, "LD_LIBRARY_PATH": str(self.library)}

    def test_what_is_installed(self):
        for name in ("bin/kite", "bin/kite-race", "include/paperkite.h", "include/paperkite/pool.h"):
            self.assertTrue((self.prefix / name).is_file(), name)
        for name in ("libpaperkite.so", "libpaperkite.so.0", "libpaperkite.a", "pkgconfig/paperkite.pc",
                     "cmake/paperkite/paperkite-config.cmake", "cmake/paperkite/paperkite-config-version.cmake"):
            self.assertTrue((self.library / name).is_file(), name)
        headers = {path.relative_to(ROOT / "include") for path in (ROOT / "include").rglob("*.h")}
        self.assertEqual({path.relative_to(self.prefix / "include") for path in (self.prefix / "include").rglob("*.h")}, headers)
        for path in (self.library / "pkgconfig", self.library / "cmake"):
            for file in path.rglob("*.*"):
                self.assertNotIn(str(self.first), file.read_text(), file)
                self.assertNotIn(str(ROOT), file.read_text(), file)
        self.assertIn("[libpaperkite.so.0]", output(TOOLS["READELF"], "-d", self.library / "libpaperkite.so"))

    def test_the_names_of_the_library_are_those_of_the_list(self):
        listed = [line for line in (ROOT / "tests/package/abi.txt").read_text().splitlines() if not line.startswith("#")]
        self.assertEqual(listed, declarations(self.prefix / "include/paperkite.h"),
                         "tests/package/abi.txt may grow; a function that is changed or taken out breaks programs")
        names = names_of(self.library / "libpaperkite.so.0")
        self.assertEqual(sorted(name for name in names if name.startswith("paperkite_")),
                         [f"{name_of(line)}@@PAPERKITE_0" for line in listed])
        others = [name for name in names if not name.startswith("paperkite_")]
        self.assertEqual([name for name in others if name.startswith("PAPERKITE_")],
                         ["PAPERKITE_0", "PAPERKITE_CXX"])
        classes = [name for name in others if not name.startswith("PAPERKITE_")]
        foreign = [name for name in classes if not re.match(r"_ZN[KRO]*4kite.*@@PAPERKITE_CXX$", name)]  # mangled kite::
        self.assertEqual(foreign, [])
        self.assertGreater(len(classes), 80)

    def test_the_archive_defines_the_same_names_and_no_others(self):
        symbols = output(TOOLS["NM"], "-g", "--defined-only", "--format=just-symbols", self.library / "libpaperkite.a").split()
        shared = {name.partition("@")[0] for name in names_of(self.library / "libpaperkite.so.0")}
        self.assertEqual({name for name in symbols if not name.endswith(":")},
                         {name for name in shared if not name.startswith("PAPERKITE_")})

    def test_c_with_pkg_config(self):
        output(TOOLS["CC"], "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", ROOT / "examples/c/classify.c",
               *self.pkg_config("--cflags", "--libs"), "-o", self.work / "classify")
        self.assert_answers(self.work / "classify", self.with_library())

    def test_c_with_pkg_config_and_the_archive(self):
        output(TOOLS["CC"], "-static", ROOT / "examples/c/classify.c", *self.pkg_config("--static", "--cflags", "--libs"), "-o",
               self.work / "classify")
        self.assert_answers(self.work / "classify")
        self.assertIn("statically linked", output("file", self.work / "classify") if shutil.which("file") else "statically linked")

    def test_cpp_with_pkg_config_and_the_archive(self):
        output(TOOLS["CXX"], "-std=c++20", "-static", ROOT / "examples/cpp/classify.cc",
               *self.pkg_config("--static", "--cflags", "--libs"), "-o", self.work / "classify")
        self.assert_answers(self.work / "classify")

    def test_c_with_the_archive_and_other_libraries_shared(self):
        flags = [":libpaperkite.a".join(word.split("paperkite")) if word == "-lpaperkite" else word
                 for word in self.pkg_config("--static", "--cflags", "--libs")]
        output(TOOLS["CC"], ROOT / "examples/c/classify.c", *flags, "-o", self.work / "classify")
        self.assert_answers(self.work / "classify")
        self.assertNotIn("libpaperkite", output(TOOLS["READELF"], "-d", self.work / "classify"))

    def build_with_find_package(self, language, source, linked):
        output(TOOLS["CMAKE"], "-G", "Ninja", "-S", ROOT / "tests/package/consumer", "-B", self.work,
               f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DLANGUAGE={language}", f"-DSOURCE={ROOT / source}", f"-DLINKED={linked}",
               f"-DCMAKE_C_COMPILER={TOOLS['CC']}", f"-DCMAKE_CXX_COMPILER={TOOLS['CXX']}", env=self.environment)
        output(TOOLS["CMAKE"], "--build", self.work, env=self.environment)
        self.assert_answers(self.work / "classify")

    def test_c_with_find_package_and_the_archive(self):
        self.build_with_find_package("C", "examples/c/classify.c", "paperkite::static")

    def test_cpp_with_find_package(self):
        self.build_with_find_package("CXX", "examples/cpp/classify.cc", "paperkite::paperkite")

    @unittest.skipUnless(pathlib.Path(TOOLS["BUILD"]) == ROOT / "build/release", "skipped: contestants are built with the release build")
    def test_a_contestant_of_the_race_in_cpp(self):
        peer = self.work / "peer"
        peer.mkdir()
        (peer / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.25)\nproject(peer LANGUAGES CXX)\n"
                                             f"include({ROOT}/peers/sdk/cpp/contestant.cmake)\nadd_contestant(main.cc)\n")
        (peer / "main.cc").write_text('#include "contestant.h"\nint main(int argc, char** argv) {\n'
                                      '  const auto start = [](const contestant::Request&) { return contestant::Versions{{"nothing", "7"}}; };\n'
                                      '  return contestant::run(argc, argv, {.start = start, .load = {}, .prepare = {}});\n}\n')
        output(ROOT / "peers/sdk/cpp/build", self.work / "homes/peer", peer, ROOT, env={**self.environment, "CXX": TOOLS["CXX"]})
        self.assertIn('"nothing":"7"', output(self.work / "homes/peer/build/contestant", "version").replace(" ", ""))

    def test_another_minor_version_is_refused(self):
        with self.assertRaisesRegex(AssertionError, "0.2"):
            output(TOOLS["CMAKE"], "-G", "Ninja", "-S", self.project("find_package(paperkite 0.2 REQUIRED)"), "-B", self.work,
                   f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def project(self, text):
        source = self.work / "source"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES NONE)\n{text}\n")
        return source


if __name__ == "__main__":
    unittest.main()
