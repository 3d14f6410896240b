# SPDX-License-Identifier: Apache-2.0
"""Runs what a page of docs/ shows. A fenced block whose language is followed by a name is that file; `sh` blocks are run in
their order, in one shell; a `text` block is what the `sh` block before it prints."""

import re
import subprocess

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END_OF_BLOCK = "-- end of block --"


def blocks_of(page):
    return BLOCK.findall(page.read_text())


def run_page(page, folder, environment):
    """For each `sh` block: its commands, what it printed, and the `text` that follows it (None: none does)."""
    blocks = blocks_of(page)
    for _, name, text in blocks:
        if name:
            (folder / name).write_text(text)
    shell = [(text, following[2] if following[0] == "text" else None)
             for (language, name, text), following in zip(blocks, [*blocks[1:], ("", "", "")]) if language == "sh" and not name]
    script = "set -eu\n" + "".join(f"{commands}echo '{END_OF_BLOCK}'\n" for commands, _ in shell)
    result = subprocess.run(["sh"], input=script, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise AssertionError(f"{page.name}: a command failed\n{result.stdout}{result.stderr}")
    printed = result.stdout.split(END_OF_BLOCK + "\n")[:-1]
    return [(commands, output, wanted) for (commands, wanted), output in zip(shell, printed, strict=True)]
