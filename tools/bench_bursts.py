# SPDX-License-Identifier: Apache-2.0
"""What threads lose that lose their processor: inferences beside a program that takes one processor in bursts.

Each of the --package folders (one that `make everything` makes is build/release/python) is measured in processes of its own, in
turns. An inference that takes the time from a to b could use all threads for b - a, less what the other program took of
it. `cost` is this processor time, as a multiple of what the median inference of the same round takes without the other
program: 1 is ideal, and the goal is 1.15. Bursts have the scheduling class FIFO where the system allows it, and that of any
program where not. KITE_ISA is passed on.

A measurement beside which any third program used more than a twentieth of a processor is made again, a few times."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import network_files

network_files.in_tests_environment()

import numpy as np  # noqa: E402

# Name, milliseconds of a burst, of a period.
LOADS = (("alone", 0.0, 0.0), ("15 of 50 ms", 15.0, 50.0), ("15 of 500 ms", 15.0, 500.0))
WARM = 30
TRIES = 5
PERCENT = 99


def burst(length_ms, period_ms, cpu):
    """Until standard input ends; then prints when each burst began and ended."""
    os.sched_setaffinity(0, {cpu})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        print("no real-time scheduling here", file=sys.stderr)
    os.set_blocking(0, False)
    bursts = []
    begin = time.monotonic_ns()
    while True:
        start = time.monotonic_ns()
        while (now := time.monotonic_ns()) < start + length_ms * 1e6:
            pass
        bursts.append((start, now))
        begin += int(period_ms * 1e6)
        time.sleep(max(0, begin - time.monotonic_ns()) / 1e9)
        try:
            if os.read(0, 1) == b"":
                break
        except BlockingIOError:
            pass
    print(json.dumps(bursts))


def measure(model, threads, runs):
    """Start and end of each inference."""
    from paperkite import ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model, options)
    name, shape = session.get_inputs()[0].name, [size if isinstance(size, int) else 1 for size in session.get_inputs()[0].shape]
    feed = {name: np.random.default_rng(1).standard_normal(shape, np.float32)}
    times = []
    for i in range(WARM + runs):
        begin = time.monotonic_ns()
        session.run(None, feed)
        if i >= WARM:
            times.append((begin, time.monotonic_ns()))
    print(json.dumps(times))


def started(*words, **options):
    return subprocess.Popen([sys.executable, __file__, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)


def busy_seconds():
    """Processor time of the whole machine, and of this program and its children that have ended."""
    with open("/proc/stat") as stat:
        user, nice, system, _idle, _waiting, interrupts, soft_interrupts = map(int, stat.readline().split()[1:8])
    own = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return (user + nice + system + interrupts + soft_interrupts) / os.sysconf("SC_CLK_TCK"), sum(usage.ru_utime + usage.ru_stime for usage in own)


def undisturbed(*what):
    for tries in range(TRIES):
        all_before, own_before, begin = *busy_seconds(), time.monotonic()
        found = one(*what)
        all_after, own_after, end = *busy_seconds(), time.monotonic()
        others = (all_after - all_before - (own_after - own_before)) / (end - begin)
        if others < 0.05:
            break
        print(f"other programs used {others:.2f} of a processor" + ("; once more" if tries + 1 < TRIES else ""), file=sys.stderr)
    return found


def one(package, arguments, length_ms, period_ms, cpu):
    """Nanoseconds of each inference, and of its overlap with bursts."""
    other = started("--burst", length_ms, period_ms, cpu) if length_ms else None
    time.sleep(0.2)
    runner = started("--measure", arguments.model, arguments.threads, arguments.runs // arguments.rounds, env={**os.environ, "PYTHONPATH": package})
    times = np.array(json.loads(runner.communicate()[0]), np.int64)
    bursts = np.array(json.loads(other.communicate("")[0]), np.int64) if other else np.zeros((0, 2), np.int64)
    lost = np.zeros(len(times), np.int64)
    for begin, end in bursts:
        lost += np.maximum(0, np.minimum(times[:, 1], end) - np.maximum(times[:, 0], begin))
    return times[:, 1] - times[:, 0], lost


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", action="append", help="a folder for PYTHONPATH; may be given several times")
    parser.add_argument("--model", default=str(network_files.ROOT / "models/regnet_x_400mf.onnx"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=2000, help="of each load")
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    packages = arguments.package or [str(network_files.ROOT / "build/release/python")]
    cpu = max(os.sched_getaffinity(0))
    found = {(package, load[0]): [] for package in packages for load in LOADS}
    for done in range(arguments.rounds):
        print(f"round {done + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
        for load, length_ms, period_ms in LOADS:
            for package in packages[::-1] if done % 2 else packages:
                found[package, load].append(undisturbed(package, arguments, length_ms, period_ms, cpu))
    medians = {package: [float(np.median(took)) for took, _ in found[package, "alone"]] for package in packages}
    for package in packages:
        print(f"{package}: alone {statistics.median(own / first for own, first in zip(medians[package], medians[packages[0]])):.3f} of the first's time")
        for load, _, _ in LOADS:
            cost = np.concatenate([(arguments.threads * took - lost) / (arguments.threads * median)
                                   for (took, lost), median in zip(found[package, load], medians[package])])
            took, lost = (np.concatenate([pair[i] for pair in found[package, load]]) for i in (0, 1))
            line = f"  {load:<13} {took.mean() / 1e6:7.2f} ms, cost {cost.mean():.3f}, {PERCENT}th percentile {np.percentile(cost, PERCENT):.3f}"
            hit = lost > 0
            if hit.any():
                line += f"; of {hit.sum()} beside a burst {cost[hit].mean():.3f}, {np.percentile(cost[hit], PERCENT):.3f}"
            print(line)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--burst"]:
        burst(float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
