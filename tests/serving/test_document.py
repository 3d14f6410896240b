# SPDX-License-Identifier: Apache-2.0
"""Every snippet of docs/serving.md runs, and gives what stands below it. The section on Ray Serve is run where Ray is."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from document import blocks, folder_of_the_reader, is_same, page, run_python
from support import answers, free_port

PAGE = page("serving.md")
RAY = "## Ray Serve"


class Document(unittest.TestCase):
    maxDiff = None

    def test_the_snippets_for_kserve(self):
        ports = {"8080": str(free_port()), "8081": str(free_port())}
        text = re.sub("|".join(ports), lambda found: ports[found[0]], PAGE.partition(RAY)[0])
        environment = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
        seen = 0
        with folder_of_the_reader() as folder, contextlib.ExitStack() as after:
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
                    self.assertTrue(is_same(wanted, got), f"{command}\nwanted {wanted}\ngot {got}")
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
