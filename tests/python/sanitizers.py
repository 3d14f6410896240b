# SPDX-License-Identifier: Apache-2.0
"""Which sanitizers the programs under test were built with, and what cannot be tested with them: every limit of the system
that a sanitizer itself breaks is in REASONS, and a test of one of them is skipped and says so (tools/run_tests counts it)."""

import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("KITE") or os.environ.get("KITE_RACE") or ROOT / "build/release/bin/kite"  # under test
REASONS = {
    "memory": "a sanitizer's shadow takes more address space and memory than the limit",
    "stack": "a sanitizer's frames are larger than the stack",
    "descriptors": "UndefinedBehaviorSanitizer looks at objects through pipes, which are descriptors",
    "sandbox": "UndefinedBehaviorSanitizer looks at objects through pipes, which the sandbox refuses",
    "static": "a build with sanitizers is not static",
    "replacement": "the linker's replacement is not made for instrumented objects",
}


def of_build(program):
    """The sanitizers of the build that a program belongs to, which CMake has written beside it."""
    file = pathlib.Path(program).parent / "sanitizers.txt"
    return [name for name in file.read_text().strip().split(";") if name] if file.exists() else []


SANITIZERS = of_build(PROGRAM)
SLOWNESS = 10 if SANITIZERS else 1  # of everything that has a time limit; cmake/KiteTargets.cmake has the same number


def skips(limit, what):
    """Whether `what`, which is about a limit that a sanitizer breaks, is to be left out; says so."""
    if SANITIZERS:
        print(f"skipped {what}: with sanitizers: {REASONS[limit]}", file=sys.stderr, flush=True)
    return bool(SANITIZERS)


def skipped_with_sanitizers(limit):
    """Decorates a test, or a class of them."""
    return lambda test: unittest.skip(REASONS[limit])(test) if skips(limit, f"{test.__module__}.{test.__qualname__}") else test
