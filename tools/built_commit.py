# SPDX-License-Identifier: Apache-2.0
"""Builds `kite` of any commit, and of the work tree as it stands, each in a folder of its own below build/commits.

What is built once is found again: a first build takes minutes, a second one of the same commit none.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COMMITS = ROOT / "build/commits"


class CannotBuild(Exception):
    """Says what was tried and how it ended."""


def git(*arguments):
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotBuild(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def checked_out(commit):
    """The work tree of a commit, made where it is missing."""
    name = git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}") if commit else ""
    folder = COMMITS / name[:12] / "source"
    if not (folder / "CMakeLists.txt").exists():
        git("worktree", "prune")
        folder.parent.mkdir(parents=True, exist_ok=True)
        git("worktree", "add", "--detach", "--force", str(folder), name)
    return folder


def build(source, folder):
    """The program `kite` of the sources in `source`, built below `folder`."""
    steps = [["cmake", "--preset", "release", "-B", str(folder), "-DKITE_BUILD_TESTS=OFF"],
             ["cmake", "--build", str(folder), "--target", "kite", "-j", str(len(os.sched_getaffinity(0)))]]
    log = folder.parent / "build.log"
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"building {folder.parent.name} ({log})", file=sys.stderr, flush=True)
    with open(log, "w", encoding="utf-8") as output:
        for step in steps:
            if subprocess.run(step, cwd=source, stdout=output, stderr=subprocess.STDOUT, check=False).returncode != 0:
                raise CannotBuild(f"`{' '.join(step)}` failed in {source}; see {log}")
    program = folder / "bin/kite"
    if not program.exists():
        raise CannotBuild(f"the build left no {program}; see {log}")
    return program


def kite_of_commit(commit):
    source = checked_out(commit)
    return build(source, source.parent / "build")


def kite_of_work_tree():
    return build(ROOT, COMMITS / "work-tree/build")
