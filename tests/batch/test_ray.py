# SPDX-License-Identifier: Apache-2.0
"""Predictor on a real Ray of this machine: the example, a worker that is killed, nulls, and what workers share."""

import logging
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import time
import unittest

PORT = 26379
# Read when Ray is imported. The cluster of the test is for nobody else.
os.environ.update(RAY_ADDRESS=f"127.0.0.1:{PORT}", RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))

import document
import pyarrow
import pyarrow.parquet
import ray
from ray.data import ActorPoolStrategy
from support import MODEL, ROOT, cli_answers, compare, kill_one_midway, make_folder, measure_a_little, started

from paperkite.batch import Predictor


def setUpModule():
    global folder, cluster, expected
    keeper = tempfile.TemporaryDirectory(prefix="ray-")
    unittest.addModuleCleanup(keeper.cleanup)
    folder = pathlib.Path(keeper.name)
    make_folder(folder / "pictures")
    os.environ["KITE_CACHE_DIR"] = str(folder / "cache")
    expected = cli_answers(folder / "pictures")
    # Four processors as Ray counts: two workers, one that reads, one that writes.
    program = pathlib.Path(sys.executable).with_name("ray")
    log = open(folder / "cluster.log", "wb")
    unittest.addModuleCleanup(log.close)
    cluster = subprocess.Popen([program, "start", "--head", f"--port={PORT}", "--node-ip-address=127.0.0.1", "--num-cpus=4", "--block", "--disable-usage-stats",
                                "--include-dashboard=false", f"--temp-dir={folder}/r", "--object-store-memory=500000000"],
                               stdout=log, stderr=subprocess.STDOUT)
    unittest.addModuleCleanup(cluster.wait)
    unittest.addModuleCleanup(cluster.terminate)
    deadline = time.monotonic() + 180
    while "Ray runtime started" not in (folder / "cluster.log").read_text():
        if cluster.poll() is not None or time.monotonic() > deadline:
            raise AssertionError((folder / "cluster.log").read_text())
        time.sleep(0.5)
    ray.init(log_to_driver=False, logging_level="error")
    logging.getLogger("ray.data").setLevel("WARNING")
    unittest.addModuleCleanup(ray.shutdown)


class OnRay(unittest.TestCase):
    maxDiff = None

    def predict(self, dataset, workers=2, **options):
        return dataset.map_batches(Predictor, fn_constructor_kwargs={"model": MODEL, **options}, batch_size=16, num_cpus=1,
                                   compute=ActorPoolStrategy(size=workers))

    def test_the_example_answers_as_the_program_does_although_a_worker_is_killed(self):
        out = folder / "answers"
        log = folder / "example.log"
        with started([sys.executable, ROOT / "examples/ray_batch.py", MODEL, folder / "pictures", "-o", out, "--workers", "2",
                      "--batch-size", "16"], log) as program:
            done = kill_one_midway(cluster.pid, re.compile(r"ray::.*MapBatches\(Predictor\)"), out, program, log,
                                   "worker died or was killed")
            self.assertEqual(program.wait(timeout=1500), 0, log.read_text()[-3000:])
        rows = pyarrow.parquet.read_table(out).to_pylist()
        self.assertLess(done, len(rows), "the worker was killed after the end")
        compare(self, rows, expected)
        self.assertIn(f"{len(rows)} pictures, 3 of them without an answer", log.read_text())

    def test_nulls_and_empty_blocks_are_rows_with_errors(self):
        pictures = sorted((folder / "pictures").glob("monarch_*.jpg"))[:4]
        schema = pyarrow.schema({"id": pyarrow.int64(), "image": pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})})
        (folder / "parquet").mkdir()
        parts = [[{"bytes": path.read_bytes(), "path": None} for path in pictures],
                 [None, {"bytes": None, "path": None}, {"bytes": None, "path": str(pictures[0])}, {"bytes": b"GIF89a", "path": None}],
                 []]
        for number, images in enumerate(parts):
            rows = [{"id": 10 * number + i, "image": image} for i, image in enumerate(images)]
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), folder / f"parquet/{number}.parquet")
        for form in ("numpy", "pandas", "pyarrow"):
            answers = ray.data.read_parquet(str(folder / "parquet")).map_batches(
                Predictor, fn_constructor_kwargs={"model": ray.put(MODEL.read_bytes())}, batch_size=3, batch_format=form,
                num_cpus=1, compute=ActorPoolStrategy(size=1))
            rows = sorted(answers.take_all(), key=lambda row: row["id"])
            self.assertEqual([row["id"] for row in rows], [0, 1, 2, 3, 10, 11, 12, 13], form)
            self.assertEqual([row["label"] for row in rows], ["Monarch"] * 4 + [None, None, "Monarch", None], form)
            self.assertEqual([row["error"] for row in rows], [None] * 4 + ["invalid-image"] * 2 + [None, "invalid-image"], form)
            self.assertIn("null", rows[4]["error_text"])

    def test_decoded_pictures_of_read_images(self):
        paths = sorted((folder / "pictures").glob("monarch_*.jpg"))[:5]
        rows = self.predict(ray.data.read_images(list(map(str, paths)), include_paths=True)).take_all()
        labels = {os.path.basename(row["path"]): row["label"] for row in rows}
        self.assertEqual(labels, {path.name: expected[path.name][0][1] for path in paths})

    def test_a_column_that_would_be_overwritten_is_an_error_that_says_what_to_do(self):
        dataset = ray.data.from_items([{"bytes": b"", "label": "Monarch"}])
        with self.assertRaisesRegex(Exception, 'has a column "label" already; name the new columns with prefix'):
            self.predict(dataset).take_all()
        row, = self.predict(dataset, prefix="predicted_").take_all()
        self.assertEqual((row["label"], row["predicted_error"]), ("Monarch", "invalid-image"))

    def test_threads_are_what_ray_grants(self):
        def count(batch):
            import paperkite

            classifier = Predictor(MODEL)._classifier()
            return {"threads": [paperkite.threads()], "of_one": [classifier.threads]}

        for granted in (1, 2):
            row = ray.data.range(1, override_num_blocks=1).map_batches(count, num_cpus=granted).take_all()[0]
            usable = min(granted, len(os.sched_getaffinity(0)))
            self.assertEqual((row["threads"], row["of_one"]), (usable, usable))

    def test_the_snippets_of_the_page(self):
        page = document.page("scaling.md")
        sections = [document.section(page, heading) for heading in ("## Ray Data", "## A thousand machines, on paper")]
        elsewhere = page.replace(document.section(page, "## Spark"), "")  # which test_spark.py runs
        for each in sections:
            elsewhere = elsewhere.replace(each, "")
        self.assertEqual(document.blocks(elsewhere), [], "a snippet that nothing runs")
        with document.folder_of_the_reader() as reader:
            for each in sections:
                text = document.python_blocks(each)
                text = text.replace("model.onnx", str(reader / "model.onnx")).replace('"photos"', repr(str(reader / "photos")))
                self.assertEqual(document.run_python(text), "")

    def test_the_measurement_of_the_page(self):
        measure_a_little(self, "ray")


if __name__ == "__main__":
    unittest.main()
