# SPDX-License-Identifier: Apache-2.0
"""Files by Spark, two executors."""

import os
import sys

from pyspark.sql import SparkSession
from rows import arguments, show

from paperkite.batch import Predictor

_, model, pictures = arguments()
os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
spark = (SparkSession.builder.master("local-cluster[2,1,1024]").config("spark.ui.enabled", False).config("spark.ui.showConsoleProgress", False)
         .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate())
names = {"file:" + os.path.abspath(picture): picture for picture in pictures}
predictor = Predictor(os.path.abspath(model), keep=["path"])
answers = spark.read.format("binaryFile").load(list(names)).select("path", "content").mapInPandas(predictor, f"path string, {predictor.schema}")
for row in answers.collect():
    assert row["error"] is None, row
    show(names[row["path"]], zip(row["top_indices"], row["top_labels"], row["top_scores"]))
spark.stop()
