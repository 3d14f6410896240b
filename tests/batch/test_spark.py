# SPDX-License-Identifier: Apache-2.0
"""Predictor on a real Spark of this machine, with executors in processes of their own: the example, an executor that is
killed, nulls, empty partitions, and tensors."""

import os
import pathlib
import re
import sys
import tempfile
import unittest

import document
import numpy as np
import pyarrow.parquet
from pyspark.ml.functions import predict_batch_udf
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType
from support import BROKEN, MODEL, ROOT, cli_answers, compare, kill_one_midway, make_folder, measure_a_little, started

from paperkite.batch import Predictor

MASTER = "local-cluster[2,1,1024]"
EXECUTOR = re.compile(r"CoarseGrainedExecutorBackend")
PYTHON_WORKER = re.compile(r"pyspark\.(daemon|worker)")


def setUpModule():
    global folder, expected
    keeper = tempfile.TemporaryDirectory(prefix="spark-")
    unittest.addModuleCleanup(keeper.cleanup)
    folder = pathlib.Path(keeper.name)
    make_folder(folder / "pictures")
    os.environ["KITE_CACHE_DIR"] = str(folder / "cache")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    expected = cli_answers(folder / "pictures")


class TheExample(unittest.TestCase):
    def answers_although_one_is_killed(self, pattern, name, words):
        out = folder / name
        log = folder / f"{name}.log"
        with started([sys.executable, ROOT / "examples/spark_batch.py", MODEL, folder / "pictures", "-o", out, "--master", MASTER],
                     log, cwd=folder) as program:
            done = kill_one_midway(program.pid, pattern, out, program, log, words)
            self.assertEqual(program.wait(timeout=1500), 0, log.read_text()[-3000:])
        rows = pyarrow.parquet.read_table(out).to_pylist()
        self.assertLess(done, len(rows), "the worker was killed after the end")
        # Spark's reader of binary files leaves out those of no bytes.
        compare(self, rows, expected, {name: code for name, code in BROKEN.items() if name != "empty.jpg"})
        self.assertIn(f"{len(rows)} pictures, 2 of them without an answer", log.read_text())

    def test_answers_as_the_program_does_although_an_executor_is_killed(self):
        self.answers_although_one_is_killed(EXECUTOR, "executor-killed", "ExecutorLostFailure")

    def test_answers_as_the_program_does_although_a_python_worker_is_killed(self):
        self.answers_although_one_is_killed(PYTHON_WORKER, "worker-killed", "Python worker exited unexpectedly")


class OnSpark(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spark = SparkSession.builder.master(MASTER).config("spark.ui.enabled", False).config("spark.ui.showConsoleProgress", False).getOrCreate()
        cls.addClassCleanup(cls.spark.stop)
        cls.pictures = sorted((folder / "pictures").glob("monarch_*.jpg"))[:4]

    def test_nulls_and_empty_partitions_are_rows_with_errors(self):
        rows = [(path.name, path.read_bytes()) for path in self.pictures] + [("null", None), ("empty", b""), ("cut", b"\xff\xd8\xff\xe0")]
        frame = self.spark.createDataFrame(rows, "path string, content binary").repartition(20, "path")
        predictor = Predictor(MODEL.read_bytes())
        for run in (frame.mapInPandas, frame.mapInArrow):
            answers = {row["path"]: row for row in run(predictor, f"path string, {predictor.schema}").collect()}
            self.assertEqual(set(answers), {row[0] for row in rows})
            for path in self.pictures:
                self.assertEqual((answers[path.name]["label"], answers[path.name]["error"]), ("Monarch", None))
                self.assertEqual(answers[path.name]["top_labels"], [label for _, label, _ in expected[path.name]])
            for name in ("null", "empty", "cut"):
                self.assertEqual((answers[name]["label"], answers[name]["error"]), (None, "invalid-image"), name)
        nothing = frame.filter("path = 'absent'").mapInPandas(predictor, f"path string, {predictor.schema}")
        self.assertEqual(nothing.collect(), [])

    def test_a_model_that_cannot_be_opened_fails_the_job_with_its_error(self):
        frame = self.spark.createDataFrame([(b"",)], "content binary")
        predictor = Predictor(b"no model")
        with self.assertRaisesRegex(Exception, "InvalidModelError"):
            frame.mapInPandas(predictor, predictor.schema).collect()

    def test_pixels_by_predict_batch_udf(self):
        from PIL import Image

        arrays = [np.asarray(Image.open(path).convert("RGB")) for path in self.pictures]
        rows = [(path.name, array.reshape(-1).astype("int16").tolist()) for path, array in zip(self.pictures, arrays)]
        rows.append(("dark", [-1] * arrays[0].size))
        frame = self.spark.createDataFrame(rows, "path string, pixels array<short>")
        predictor = Predictor(MODEL)
        classify = predict_batch_udf(predictor.make_predict_fn, return_type=StructType.fromDDL(predictor.tensor_schema), batch_size=8,
                                     input_tensor_shapes=[list(arrays[0].shape)])
        answers = {row["path"]: row["answer"] for row in frame.select("path", classify("pixels").alias("answer")).collect()}
        for path in self.pictures:
            self.assertEqual([*answers[path.name]["top_labels"]], [label for _, label, _ in expected[path.name]])
            self.assertIsNone(answers[path.name]["error"])
        self.assertEqual((answers["dark"]["label"], answers["dark"]["error"]), (None, "invalid-image"))

    def test_tensors_by_predict_batch_udf(self):
        import paperkite

        classifier = paperkite.Classifier(MODEL)
        tensors = [classifier.preprocess(path) for path in self.pictures]
        frame = self.spark.createDataFrame([(path.name, tensor.reshape(-1).tolist()) for path, tensor in zip(self.pictures, tensors)],
                                           "path string, tensor array<float>")
        predictor = Predictor(MODEL)
        classify = predict_batch_udf(predictor.make_predict_fn, return_type=StructType.fromDDL(predictor.tensor_schema), batch_size=8,
                                     input_tensor_shapes=[list(tensors[0].shape[1:])])
        for row in frame.select("path", classify("tensor").alias("answer")).collect():
            top = tuple((index, label) for index, label in zip(row["answer"]["top_indices"], row["answer"]["top_labels"]))
            self.assertEqual(top, tuple((index, label) for index, label, _ in expected[row["path"]]))

    def test_threads_are_what_spark_grants(self):
        def count(frames):
            import pandas

            import paperkite

            for _ in frames:
                Predictor(MODEL)._classifier()
                yield pandas.DataFrame({"threads": [paperkite.threads()]})

        row, = self.spark.range(1).repartition(1).mapInPandas(count, "threads int").collect()
        self.assertEqual(row["threads"], 1)

    def test_the_snippets_of_the_page(self):
        text = document.python_blocks(document.section(document.page("scaling.md"), "## Spark"))
        with document.folder_of_the_reader() as reader:
            text = text.replace('"photos"', repr(str(reader / "photos")))
            self.assertEqual(document.run_python(text, {"spark": self.spark}), "")

    def test_the_measurement_of_the_page(self):
        measure_a_little(self, "spark")


if __name__ == "__main__":
    unittest.main()
