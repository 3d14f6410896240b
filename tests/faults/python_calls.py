# SPDX-License-Identifier: Apache-2.0
"""usage: python_calls.py MODEL STEP PICTURE...: lets every STEP-th allocation of each call of the Python package fail, in one
process that has tests/faults/at_point.c before its malloc(). A call raises MemoryError or an error of the code "limit", or
it gives what it gives without a fault. Prints a line for each fault, and the number of points."""

import ctypes
import sys

import numpy as np
import paperkite

preload = ctypes.CDLL(None)
for name in ("fault_done", "fault_living"):
    getattr(preload, name).restype = ctypes.c_int64


def call_once(call, at):
    """The value or the error, and whether an allocation was refused."""
    text = f"memory:{at}:fail".encode()
    preload.fault_arm(text)
    try:
        return call(), None
    except BaseException as error:  # noqa: BLE001: all of them are judged
        return None, error
    finally:
        preload.fault_disarm()


def is_right(error):
    return isinstance(error, MemoryError) or (isinstance(error, paperkite.Error) and error.code == "limit")


def sweep(name, call, step):
    """Faults and points."""
    expected = call()
    faults, at, tried = [], 1, 0
    while True:
        try:
            value, error = call_once(call, at)
        except MemoryError:  # of the frame around the call
            value, error = None, MemoryError()
        if preload.fault_done() == 0:
            return faults, tried
        tried += 1
        if error is not None and not is_right(error):
            faults.append(f"{name}, allocation {at}: {type(error).__name__}: {error}")
        elif error is None and value != expected:
            faults.append(f"{name}, allocation {at}: another answer")
        at += step


def main():
    model, step, pictures = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    classifier = paperkite.Classifier(model, threads=1)
    # k is stated: what Python makes of the answer is Python's.
    labels = lambda answer: [(one.label, one.score) for one in answer.top]  # noqa: E731
    array = np.zeros((16, 16, 3), np.uint8)
    calls = [("open", lambda: bool(paperkite.Classifier(model, threads=1))),
             *((f"classify {picture}", lambda picture=picture: labels(classifier(picture))) for picture in pictures),
             ("classify an array", lambda: labels(classifier(array)))]
    tried = 0
    wrong = False
    for name, call in calls:
        faults, points = sweep(name, call, step)
        tried += points
        wrong = wrong or bool(faults)
        for fault in faults:
            print(fault)
    print(tried)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
