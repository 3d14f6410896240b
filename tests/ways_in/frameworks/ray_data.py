# SPDX-License-Identifier: Apache-2.0
"""Files by Ray Data, two workers."""

import os
import secrets
import sys

os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))

import logging

import local_ray
import ray
from ray.data import ActorPoolStrategy
from rows import arguments, show

from paperkite.batch import Predictor

_, model, pictures = arguments()
local_ray.start(num_cpus=4, logging_level="error", object_store_memory=200_000_000)
logging.getLogger("ray.data").setLevel("ERROR")
names = {os.path.abspath(picture): picture for picture in pictures}
answers = ray.data.read_binary_files(list(names), include_paths=True).map_batches(
    Predictor, fn_constructor_kwargs={"model": os.path.abspath(model), "keep": ["path"]}, batch_size=4, num_cpus=1, compute=ActorPoolStrategy(size=2))
for row in answers.take_all():
    assert row["error"] is None, row
    show(names[row["path"]], zip(row["top_indices"], row["top_labels"], row["top_scores"]))
sys.stdout.flush()
ray.shutdown()
