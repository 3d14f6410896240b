# SPDX-License-Identifier: Apache-2.0
"""What the ways in Python get and print. Whatever their libraries write to standard output goes to standard error from here on:
rows stand alone there."""

import json
import os
import struct
import sys

_rows = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def arguments():
    """The folder to work in, the model, the pictures."""
    return sys.argv[1], sys.argv[2], sys.argv[3:]


def show(picture, top):
    """`top`: (index, label, score) of each class."""
    top = [(int(index), label, float(score)) for index, label, score in top]
    print(json.dumps({"picture": picture, "classes": [index for index, _, _ in top], "labels": [label for _, label, _ in top],
                      "scores": [struct.pack(">f", score).hex() for _, _, score in top]}), file=_rows, flush=True)
