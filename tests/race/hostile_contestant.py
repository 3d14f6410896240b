#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Contestants that report wrong times, print too much, leave processes behind or die: `--behaviour` chooses how. If they
answer, they answer like fake_contestant.py."""

import os
import pathlib
import random
import resource
import signal
import sys
import time

import fake_contestant

ANSWER = b"1, Green, 0.9000\n"


def lie(arguments):
    """Works 120 ms for each sample, but reports one microsecond."""
    honest = fake_contestant.logits_of
    fake_contestant.logits_of = lambda tensor: time.sleep(0.12) or honest(tensor)
    say = fake_contestant.say
    def say_less(**line):
        if "sample" in line:
            line["ms"] = 0.001
        if "samples" in line:
            line["samples"] = [[index, 0.001, best, score] for index, _, best, score in line["samples"]]
        say(**line)

    fake_contestant.say = say_less
    fake_contestant.REPEATS = 1
    fake_contestant.isolated(arguments, "ok")


def garbage(_):
    """Prints three megabytes that are not text, without a line feed."""
    data = random.Random(1).randbytes(3 << 20).replace(b"\n", b"\0")
    os.write(2, data[:4096])
    sys.stdout.buffer.write(data)


def hang(_):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(3600)


def die(_):
    number = random.choice([signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGTERM, signal.SIGBUS, signal.SIGUSR1])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)
    time.sleep(3600)


def leak(arguments):
    """Answers, and leaves a daemon behind that holds standard output and error open."""
    os.write(1, ANSWER)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.execvp("sleep", ["sleep", arguments["--marker"]])
        os._exit(0)


def large_file(_):
    """Makes a sparse file of 17 GiB: it uses no space on the disk, but it is beyond the limit."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
    with open("large", "wb") as out:
        out.truncate(17 << 30)
    os.write(1, ANSWER)


def many_files(arguments):
    folder = pathlib.Path(arguments["--cache"]) / f"litter-{os.getpid()}"
    folder.mkdir()
    for i in range(400):
        (folder / f"{i}").write_bytes(b"x" * 100)
    os.write(1, ANSWER)


def close_stdout(_):
    os.close(1)
    time.sleep(0.05)


def answer_and_fail(_):
    os.write(1, ANSWER)
    os._exit(9)


def answer_twice(_):
    os.write(1, ANSWER + b"2, Blue, 0.9000\n")


def main():
    mode = sys.argv[1]
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=False))
    if mode == "version":
        return fake_contestant.main()
    globals()[arguments["--behaviour"]](arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
