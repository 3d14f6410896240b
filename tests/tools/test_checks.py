# SPDX-License-Identifier: Apache-2.0
"""The checks themselves: each must fail on a planted fault."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


class DrawRooms(unittest.TestCase):
    def test_the_drawing_is_what_the_includes_say(self):
        result = run(ROOT / "tools/draw_rooms", "--check")
        self.assertEqual(result.returncode, 0, result.stderr)


class CheckLayers(unittest.TestCase):
    def check(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            for part in ("src", "include"):
                pathlib.Path(folder, part).mkdir(exist_ok=True)
            return run(ROOT / "tools/check_layers", folder)

    def test_a_tree_that_obeys_passes(self):
        self.assertEqual(self.check({"src/plan/a.cc": '#include "kernels/kernel.h"\n#include "graph/graph.h"\n'}).returncode, 0)

    def test_looking_to_the_right_is_refused(self):
        result = self.check({"src/graph/a.cc": '#include "plan/format/plan.h"\n'})
        self.assertEqual(result.returncode, 1)
        self.assertIn("src/graph/a.cc:1", result.stdout)

    def test_kernels_must_not_see_the_graph(self):
        self.assertEqual(self.check({"src/kernels/conv/a.cc": '#include "graph/graph.h"\n'}).returncode, 1)

    def test_only_tests_of_kernels_see_the_portable_operators(self):
        for name, code in (("conv/a.cc", 1), ("conv/a.h", 1), ("conv/a_test.cc", 0), ("oracle_testing.h", 0)):
            self.assertEqual(self.check({f"src/kernels/{name}": '#include "ops/op_case.h"\n'}).returncode, code, name)
        self.assertEqual(self.check({"src/kernels/conv/a_test.cc": '#include "plan/format/plan.h"\n'}).returncode, 1)

    def test_intrinsics_belong_to_kernels(self):
        self.assertEqual(self.check({"src/base/a.cc": "#include <immintrin.h>\n"}).returncode, 1)
        self.assertEqual(self.check({"src/kernels/conv/a.inl": "#include <immintrin.h>\n"}).returncode, 0)

    def test_the_folders_of_kernels_and_plans_stand_in_a_line_too(self):
        for name, target in (("kernels/simd/a.inl", "kernels/conv/geometry.h"), ("kernels/pool/a.cc", "kernels/conv/conv.h"),
                             ("kernels/conv/a.cc", "kernels/registry.h"), ("plan/format/a.cc", "plan/lower/planner.h"),
                             ("plan/lower/a.h", "plan/source/cache.h")):
            result = self.check({f"src/{name}": f'#include "{target}"\n'})
            self.assertEqual(result.returncode, 1, name)
            self.assertIn(f"src/{name}:1", result.stdout)
        for name, target in (("kernels/grouped/a.cc", "kernels/conv/conv.h"), ("kernels/conv/a.cc", "kernels/family.h"),
                             ("kernels/bench/a.cc", "kernels/registry.h"), ("kernels/registry.cc", "kernels/conv/conv.h"),
                             ("plan/source/a.cc", "plan/lower/planner.h")):
            self.assertEqual(self.check({f"src/{name}": f'#include "{target}"\n'}).returncode, 0, name)

    def test_the_public_api_shows_no_internals(self):
        self.assertEqual(self.check({"include/paperkite/a.h": '#include "plan/format/plan.h"\n'}).returncode, 1)

    def test_a_race_that_obeys_passes(self):
        self.assertEqual(self.check({
            "race/schedule/a.cc": '#include "race/job/job.h"\n#include "race/stats/verdict.h"\n#include "paperkite/error.h"\n',
            "race/report/a.cc": '#include "race/stats/verdict.h"\n#include "race/report/plots/plot.h"\n',
            "race/report/render/html/a.cc": '#include "race/report/document/figures.h"\n',
            "race/commands/a.cc": '#include "race/report/write.h"\n#include "race/schedule/rounds.h"\n',
            "race/main.cc": '#include "race/commands/commands.h"\n#include <nlohmann/json.hpp>\n',
        }).returncode, 0)

    def test_a_stage_of_the_race_must_not_look_to_the_right(self):
        for stage, target in (("stats", "journal"), ("journal", "spawn"), ("spawn", "job"), ("job", "schedule"),
                              ("report", "schedule"), ("report", "spawn"), ("schedule", "report"), ("stats", "commands")):
            result = self.check({f"race/{stage}/a.h": f'\n#include "race/{target}/b.h"\n'})
            self.assertEqual(result.returncode, 1, f"{stage} -> {target}")
            self.assertIn(f"race/{stage}/a.h:2: includes race/{target}/b.h", result.stdout)

    def test_a_folder_of_the_report_must_not_look_to_the_right(self):
        for folder, target in (("analysis", "document"), ("plots", "analysis"), ("document", "render"),
                               ("exports", "render"), ("render", "exports"), ("analysis", "write.h")):
            result = self.check({f"race/report/{folder}/a.cc": f'#include "race/report/{target}/b.h"\n'})
            self.assertEqual(result.returncode, 1, f"{folder} -> {target}")
            self.assertIn(f"report/{folder} must not see report/{target}", result.stdout)

    def test_the_race_sees_of_the_engine_the_public_headers_only(self):
        result = self.check({"race/commands/a.cc": '#include "plan/format/plan.h"\n'})
        self.assertEqual(result.returncode, 1)
        self.assertIn("include/paperkite/", result.stdout)

    def test_a_folder_of_the_race_that_is_no_stage_is_refused(self):
        self.assertEqual(self.check({"race/extra/a.cc": '#include "race/stats/verdict.h"\n'}).returncode, 1)

    def test_the_engine_must_not_see_the_race(self):
        for name in ("src/base/a.cc", "cli/a.cc", "include/paperkite/a.h"):
            self.assertEqual(self.check({name: '#include "race/stats/verdict.h"\n'}).returncode, 1, name)

    def test_of_the_race_the_command_line_sees_the_verb_alone(self):
        self.assertEqual(self.check({"cli/a.cc": '#include "race/race.h"\n'}).returncode, 0)
        for name in ("src/base/a.cc", "race/job/a.cc"):
            self.assertEqual(self.check({name: '#include "race/race.h"\n'}).returncode, 1, name)

    def test_a_file_of_801_lines_is_refused(self):
        self.assertEqual(self.check({"src/base/a.cc": "\n" * 801}).returncode, 1)
        self.assertEqual(self.check({"src/base/a.cc": "\n" * 800}).returncode, 0)


class CheckTemporaryFolders(unittest.TestCase):
    def check(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True)
            path.write_text(text)
            return run(ROOT / "tools/check_temporary_folders", folder)

    def test_a_name_made_up_in_the_shared_place_is_refused(self):
        for name, text in (("src/base/a_test.cc", 'auto a = testing::TempDir() + "a";\n'), ("race/job/a.h", "auto a = fs::temp_directory_path();\n"),
                           ("tests/models/a.cc", "::mkdtemp(name.data());\n"), ("cli/a.cc", "int fd = mkostemp(name, 0);\n")):
            result = self.check(name, "\n" + text)
            self.assertEqual(result.returncode, 1, name)
            self.assertIn(f"{name}:2: ", result.stdout)

    def test_the_one_place_and_other_words_pass(self):
        self.assertEqual(self.check("src/base/temporary_folder.cc", "::mkdtemp(name.data());\n").returncode, 0)
        self.assertEqual(self.check("src/base/a.cc", "// as mkdtemp does\nTestFolder folder;\n").returncode, 0)


class CheckIsaObjects(unittest.TestCase):
    def check(self, source):
        with tempfile.TemporaryDirectory() as folder:
            objects = pathlib.Path(folder, "src/kernels/x/CMakeFiles/kite_x_avx2.dir")
            objects.mkdir(parents=True)
            pathlib.Path(folder, "a.cc").write_text(source)
            subprocess.run(["g++", "-c", f"{folder}/a.cc", "-o", str(objects / "a.cc.o")], check=True)
            return run(ROOT / "tools/check_isa_objects", folder)

    def test_symbols_of_the_isa_namespace_pass(self):
        self.assertEqual(self.check("namespace kite::avx2 { void f() {} }").returncode, 0)

    def test_any_other_symbol_fails(self):
        self.assertEqual(self.check("namespace kite { void f() {} }").returncode, 1)

    def test_a_weak_symbol_fails_too(self):
        self.assertEqual(self.check("inline int f() { return 1; }\nnamespace kite::avx2 { int g() { return f(); } }").returncode, 1)

    def test_no_objects_at_all_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "src/kernels").mkdir(parents=True)
            self.assertEqual(run(ROOT / "tools/check_isa_objects", folder).returncode, 1)


if __name__ == "__main__":
    unittest.main()
