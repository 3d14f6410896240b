#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A contestant of the tests: speaks the protocol of peers/README.md for the one model that fake_peers.py makes, with
nothing but Python's own library, so that it starts at once. `--behaviour` makes it misbehave."""

import array
import json
import pathlib
import struct
import sys
import time


REPEATS = 200  # of the model in one sample of a block; with fewer a line would have thousands of samples


def read_npy(path):
    """float32 [N, C, H, W] as a list of N arrays."""
    data = pathlib.Path(path).read_bytes()
    header_size = struct.unpack("<H", data[8:10])[0]
    header = data[10:10 + header_size].decode()
    shape = [int(part) for part in header.split("(")[1].split(")")[0].split(",") if part.strip()]
    values = array.array("f", data[10 + header_size:])
    size = len(values) // shape[0]
    return shape, [values[i * size:(i + 1) * size] for i in range(shape[0])]


def write_npy(path, rows):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(path, "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        for row in rows:
            out.write(array.array("f", row).tobytes())


def logits_of(tensor):
    """The model: mean colour, and class i likes channel i by 4 + i."""
    plane = len(tensor) // 3
    return [(4 + i) * sum(tensor[i * plane:(i + 1) * plane]) / plane for i in range(3)]


def say(**line):
    print(json.dumps(line))


def stamp(phase):
    say(phase=phase, t_ns=time.clock_gettime_ns(time.CLOCK_MONOTONIC))


def isolated(arguments, behaviour):
    stamp("runtime")
    _, tensors = read_npy(arguments["--inputs"])
    stamp("loaded")
    lines, logits = [], []
    for sample in range(int(arguments["--count"])):
        begin = time.perf_counter()
        row = logits_of(tensors[sample % len(tensors)])
        ms = 1000 * (time.perf_counter() - begin)
        if sample == 0:
            stamp("first")
        if behaviour == "wrong":
            row = row[::-1]
        logits.append(row)
        best = max(range(3), key=row.__getitem__)
        lines.append({"sample": sample, "input": sample % len(tensors), "ms": ms, "index": best, "score": 0.9})
    for line in lines:
        say(**line)
    if "--blocks" in arguments:
        blocks(arguments, behaviour, tensors)
    if "--logits" in arguments:
        write_npy(arguments["--logits"], logits)
    say(info={"threads": int(arguments["--threads"]), "versions": {"fake": "1.0"}})
    stamp("done")


def blocks(arguments, behaviour, tensors):
    """One block for each line of standard input."""
    # If samples take microseconds, printing takes as long as they do. So only a wrong time of a long sample is detected.
    repeats = 100 * REPEATS if behaviour == "lies in blocks" else REPEATS
    say(ready=True)
    sys.stdout.flush()
    for block, line in enumerate(sys.stdin):
        begin, index, samples = time.perf_counter(), int(line.split()[1]), []
        while not samples or 1000 * (time.perf_counter() - begin) < int(arguments["--blocks"]):
            start = time.perf_counter()
            for _ in range(repeats):
                row = logits_of(tensors[index])
            if behaviour == "wrong":
                row = row[::-1]
            samples.append([index, 1000 * (time.perf_counter() - start), max(range(3), key=row.__getitem__), 0.9])
            index = (index + 1) % len(tensors)
        if behaviour == "silent in a block" and block == 3:
            time.sleep(3600)
        if behaviour == "dies in a block" and block == 3:
            sys.exit("out of luck in a block")
        if behaviour == "lies in blocks":
            samples = [[i, ms / 1000, best, score] for i, ms, best, score in samples]
        say(block=block, samples=samples)
        if behaviour == "speaks twice":
            say(note="and another thing")
        sys.stdout.flush()


def main():
    mode = sys.argv[1]
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=False))
    behaviour = arguments.get("--behaviour", "ok")
    if "--tally" in arguments and mode in ("oneshot", "no_pre"):
        with open(arguments["--tally"], "a", encoding="utf-8") as out:
            out.write("x")
    if mode == "version":
        say(info={"threads": 1, "versions": {"fake": "1.0"}})
        return 0
    if mode == "prepare":
        with open(pathlib.Path(arguments["--cache"]) / "prepared", "a", encoding="utf-8") as out:
            out.write("once\n")
        if behaviour == "slow to prepare":
            time.sleep(3600 if not pathlib.Path(arguments["--tally"]).exists() else 0)
            return 0
        print("cannot prepare that", file=sys.stderr)
        return 1 if behaviour == "unprepared" else 0
    if behaviour == "fail":
        print("out of luck", file=sys.stderr)
        return 3
    if behaviour == "hang":
        time.sleep(3600)
    if behaviour == "sleepy":
        time.sleep(0.1)
    if mode == "oneshot":
        print("1, Green, 0.9000", flush=True)
    else:
        isolated(arguments, behaviour)
    return 0


if __name__ == "__main__":
    sys.exit(main())
