#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Classifies all pictures of a folder on a Ray cluster, and writes the answers as Parquet.

    python examples/ray_batch.py model.onnx photos/ -o answers/ --workers 8

The folder must be one that all machines of the cluster see (a mounted disk, s3://...); the model is sent to them."""

import argparse
import pathlib

import ray
from ray.data import ActorPoolStrategy
from ray.data.expressions import col

from paperkite.batch import Predictor


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("pictures", help="folder, or address of one")
    parser.add_argument("-o", "--out", required=True, help="folder for the answers")
    parser.add_argument("--workers", type=int, help="processes, one processor each (default: 7 of 8 processors)")
    parser.add_argument("--batch-size", type=int, default=32, help="pictures that a worker gets at a time")
    arguments = parser.parse_args()

    ray.init()
    processors = int(ray.cluster_resources()["CPU"])
    workers = arguments.workers or max(1, processors * 7 // 8)
    if workers >= processors:
        parser.error(f"{workers} workers take all {processors} processors, and none is left for reading and writing")
    model = ray.put(arguments.model.read_bytes())  # once, for however many workers
    answers = ray.data.read_binary_files(arguments.pictures, include_paths=True).map_batches(
        Predictor,
        fn_constructor_kwargs={"model": model, "keep": ["path"]},
        batch_size=arguments.batch_size,
        num_cpus=1,
        compute=ActorPoolStrategy(size=workers),
    )
    answers.write_parquet(arguments.out)

    written = ray.data.read_parquet(arguments.out)
    errors = written.filter(expr=col("error").is_not_null()).count()
    print(f"{written.count()} pictures, {errors} of them without an answer (column error), in {arguments.out}")


if __name__ == "__main__":
    main()
