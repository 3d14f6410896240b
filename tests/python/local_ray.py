# SPDX-License-Identifier: Apache-2.0
"""A Ray of this process alone, on a machine that may do other work, too."""

import contextlib
import os
import signal
import time

import ray
from processes import processes_below

TRIES = 5


def start(**options):
    """ray.init(). Ray gives parts of its own start 15 and 30 seconds, which no option changes, and leaves processes behind
    where that is too short; they are ended, and it starts again."""
    before = set(processes_below(os.getpid()))
    for attempt in range(TRIES):
        try:
            return ray.init(include_dashboard=False, log_to_driver=False, **options)
        except Exception as error:
            if "timed out during startup" not in str(error) or attempt == TRIES - 1:
                raise
            ray.shutdown()
            for pid in set(processes_below(os.getpid())) - before:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(1)
