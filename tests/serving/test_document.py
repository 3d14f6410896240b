# SPDX-License-Identifier: Apache-2.0
"""Every snippet of docs/serving.md runs, and gives what stands below it. The section on Ray Serve is run where Ray is."""

import contextlib
import doctest
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from support import MODEL, ROOT, answers, free_port

PAGE = (ROOT / "docs/serving.md").read_text()
RAY = "## Ray Serve"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(text):
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def run_python(text, names=None):
    """What a doctest of the text prints where something differs."""
    report = []
    parsed = doctest.DocTestParser().get_doctest(text, names or {}, "serving.md", "serving.md", 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    runner.run(parsed, out=report.append)
    assert runner.tries > 0
    return "".join(report) if runner.failures else ""


@contextlib.contextmanager
def a_folder_of_the_reader():
    with tempfile.TemporaryDirectory(prefix="document-") as name:
        folder = pathlib.Path(name)
        shutil.copy(MODEL, folder / "model.onnx")
        shutil.copy(ROOT / "models/pictures/paper_kite_1.jpg", folder / "photo.jpg")
        before = os.getcwd()
        os.chdir(folder)
        os.environ["KITE_CACHE_DIR"] = str(folder / "cache")
        try:
            yield folder
        finally:
            os.chdir(before)


class Document(unittest.TestCase):
    maxDiff = None

    def test_the_snippets_for_kserve(self):
        ports = {"8080": str(free_port()), "8081": str(free_port())}
        text = re.sub("|".join(ports), lambda found: ports[found[0]], PAGE.partition(RAY)[0])
        environment = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
        seen = 0
        with a_folder_of_the_reader() as folder, contextlib.ExitStack() as after:
            for language, block in blocks(text):
                if language == "python":
                    self.assertEqual(run_python(block.replace("8080", ports["8080"])), "")
                    seen += 1
                    continue
                self.assertEqual(language, "console")
                for command, wanted in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                    seen += 1
                    if command.endswith("&"):
                        options = f" --http_port {ports['8080']} --grpc_port {ports['8081']}"
                        log = after.enter_context(open(folder / "log", "wb"))
                        server = subprocess.Popen(["sh", "-c", f"exec {command[:-1]}{options}"], env=environment, cwd=folder, stdout=log,
                                                  stderr=subprocess.STDOUT)
                        after.callback(server.wait)
                        after.callback(server.send_signal, signal.SIGTERM)
                        self.wait_for(f"http://localhost:{ports['8080']}/v2/health/ready", server)
                        continue
                    got = subprocess.run(["sh", "-c", command], env=environment, cwd=folder, capture_output=True, text=True, check=True).stdout
                    same = doctest.OutputChecker().check_output(wanted, got.rstrip("\n") + "\n", FLAGS)
                    self.assertTrue(same, f"{command}\nwanted {wanted}\ngot {got}")
        self.assertGreaterEqual(seen, 8)

    def wait_for(self, url, server):
        end = time.monotonic() + 120
        while not answers(url):
            self.assertIsNone(server.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.2)

    def test_what_it_says_of_statuses_is_so(self):
        from paperkite._service import _STATUS

        stated = {}
        for codes, http, rpc in re.findall(r"^\| [^|]*?\((`[^)]*`)\) \| (\d+)[^|]*\| (\w+) \|$", PAGE, re.MULTILINE):
            stated.update({code: (int(http), rpc) for code in re.findall(r"`([^`]+)`", codes)})
        self.assertEqual(stated, {code: status for code, status in _STATUS.items() if code != "usage"})


if __name__ == "__main__":
    unittest.main()
