#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Classifies all pictures of a folder on a Spark cluster, and writes the answers as Parquet.

    spark-submit examples/spark_batch.py model.onnx photos/ -o answers/

The folder must be one that all machines of the cluster see (hdfs://..., s3a://..., a mounted disk); the model is sent to
them. The package paperkite must be installed in the Python of the executors."""

import argparse
import pathlib

from pyspark.sql import SparkSession

from paperkite.batch import Predictor


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("pictures", help="folder, or address of one")
    parser.add_argument("-o", "--out", required=True, help="folder for the answers")
    parser.add_argument("--master", help="as for spark-submit, for example local-cluster[2,1,1024]")
    arguments = parser.parse_args()

    builder = SparkSession.builder.appName("pictures")
    if arguments.master:
        builder = builder.master(arguments.master)
    # Rows that a worker gets at a time. The default, 10,000, is meant for numbers; these rows are files.
    spark = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 64).getOrCreate()

    model = spark.sparkContext.broadcast(arguments.model.read_bytes())  # once for each machine
    predictor = Predictor(model, column="content", keep=["path"])
    pictures = spark.read.format("binaryFile").load(arguments.pictures)
    answers = pictures.mapInPandas(predictor, f"path string, {predictor.schema}")
    # Spark's default, Snappy, brings a library that does not load where musl is installed beside glibc.
    answers.write.mode("overwrite").option("compression", "zstd").parquet(arguments.out)

    written = spark.read.parquet(arguments.out)
    errors = written.filter("error is not null").count()
    print(f"{written.count()} pictures, {errors} of them without an answer (column error), in {arguments.out}")
    spark.stop()


if __name__ == "__main__":
    main()
