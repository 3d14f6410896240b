# SPDX-License-Identifier: Apache-2.0
"""Runs commands in rooms of tools/clean-room."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = "models/regnet_x_400mf.onnx"
PICTURE = "models/pictures/paper_kite_1.jpg"
ANSWER = "1,50,Paper Kite,0.9187857,"


def in_room(options, *command):
    """What the command printed; its errors are an AssertionError."""
    result = subprocess.run([ROOT / "tools/clean-room", *map(str, options), "--", *map(str, command)], capture_output=True, text=True,
                            check=False)
    if result.returncode:
        raise AssertionError(f"{command} ended with {result.returncode}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
    return result.stdout
