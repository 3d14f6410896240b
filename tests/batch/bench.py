# SPDX-License-Identifier: Apache-2.0
"""What an engine adds to the classification itself. `tools/bench scaling` calls this once in each environment.

    bench.py kite|predictor|ray|spark [--workers 1,2] [--pictures 1000] [--rounds 3]      a line of JSON for each job
    bench.py ray-tasks|spark-tasks [--pictures 1000] [--rounds 3]                         what a task costs the driver
    bench.py memory [--workers 1,2,4,8]                                                   what processes of one machine share

A job reads the drawn pictures from their folder and keeps the answers. Each is run with N and with 2 N pictures in turn: the
difference is what pictures cost, without what starting costs. Seconds depend on what else the machine does; processor seconds
(of the program and of all that it started, and of them those within Predictor) do so less. A task of those that are counted
is a row of nothing; its cost is the processor time of the processes that hand tasks out."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

from processes import processes_below
from support import DRAWN, KITE, MODEL, command_of

TICK = os.sysconf("SC_CLK_TCK")


class Meter(threading.Thread):
    """The processor seconds of this process and of all below it. Ray's processes do not wait for those that they started, so
    what these took is gone when they end: it is read four times a second, and the last number counts."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ticks, self.own, self.guard = {}, 0.0, threading.Lock()
        self.start()

    def run(self):
        while True:
            self.look()
            self.own = time.thread_time()
            time.sleep(0.25)

    def look(self):
        with self.guard:
            for each in processes_below(os.getpid()):
                try:
                    fields = pathlib.Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                self.ticks[each, fields[19]] = int(fields[11]) + int(fields[12])

    def seconds(self):
        self.look()
        return sum(self.ticks.values()) / TICK + time.process_time() - self.own


def drivers_seconds(pid):
    """Of the processes below that hand out tasks, which live as long as the engine does: not of workers."""
    total = 0
    for each in [pid, *processes_below(pid)]:
        if re.search(r"^ray::|CoarseGrainedExecutorBackend|pyspark\.(daemon|worker)", command_of(each)):
            continue
        try:
            fields = pathlib.Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:13]))
    return total / TICK


def pictures_of(count):
    drawn = sorted(DRAWN.glob("*.jpg"))
    return [str(drawn[i % len(drawn)]) for i in range(count)]


def counting(workers):
    """Predictor, and a column with the processor seconds of its calls."""
    from paperkite.batch import Predictor

    class Counting(Predictor):
        def __call__(self, batch):
            begin = time.process_time()
            answer = super().__call__(batch)
            if hasattr(answer, "__next__"):
                return self._counted(answer)
            return self._with(answer, time.process_time() - begin)

        def _counted(self, answers):
            while True:
                begin = time.process_time()
                try:
                    answer = next(answers)
                except StopIteration:
                    return
                yield self._with(answer, time.process_time() - begin)

        @staticmethod
        def _with(answer, seconds):
            rows = len(answer) if not hasattr(answer, "num_rows") else answer.num_rows
            column = [seconds / max(rows, 1)] * rows
            return answer.assign(cpu=column) if hasattr(answer, "assign") else answer.append_column("cpu", [column])

    return Counting


class Kite:
    def __init__(self, workers):
        self.workers = workers

    def run(self, count):
        """Seconds of processors within Predictor, where there is one; and answers."""
        names = pathlib.Path(os.environ["KITE_CACHE_DIR"], "names.txt")
        names.write_text("".join(f"{name}\n" for name in pictures_of(count)))
        out = subprocess.run([KITE, "classify", MODEL, f"@{names}", "--format", "csv", "-k", "1", "--threads", str(self.workers)],
                             check=True, capture_output=True, text=True)
        return None, len(out.stdout.splitlines()) - 1


class InOneProcess:
    def __init__(self, workers):
        from paperkite.batch import Predictor

        self.predictor = Predictor(MODEL, threads=workers)

    def run(self, count):
        names = pictures_of(count)
        begin = time.process_time()
        answered = 0
        for start in range(0, count, 32):
            answered += len(self.predictor.classify([pathlib.Path(name).read_bytes() for name in names[start : start + 32]])["label"])
        return time.process_time() - begin, answered


class OnRay:
    def __init__(self, workers):
        import logging

        import local_ray
        import ray

        self.workers = workers
        if ray.is_initialized():
            ray.shutdown()
        # One processor beside the workers' is for reading.
        local_ray.start(num_cpus=workers + 1, logging_level="error", object_store_memory=500_000_000)
        logging.getLogger("ray.data").setLevel("ERROR")

    def run(self, count):
        import ray
        from ray.data import ActorPoolStrategy

        answers = ray.data.read_binary_files(pictures_of(count), include_paths=True).map_batches(
            counting(self.workers), fn_constructor_kwargs={"model": MODEL, "column": "bytes", "keep": ["path"]}, batch_size=32, num_cpus=1,
            compute=ActorPoolStrategy(size=self.workers)).materialize()
        batches = list(answers.iter_batches(batch_size=None, batch_format="numpy"))  # in this process: an aggregation would start tasks
        return float(sum(batch["cpu"].sum() for batch in batches)), sum(len(batch["cpu"]) for batch in batches)

    def hand_out(self, count):
        import ray
        from ray.data import ActorPoolStrategy

        return ray.data.range(count, override_num_blocks=count).map_batches(Same, batch_size=None, num_cpus=1,
                                                                           compute=ActorPoolStrategy(size=self.workers)).materialize().count()


class Same:
    def __call__(self, batch):
        return batch


class OnSpark:
    def __init__(self, workers):
        from pyspark.sql import SparkSession

        if session := SparkSession.getActiveSession():
            session.stop()
        self.spark = (SparkSession.builder.master(f"local-cluster[{workers},1,1024]").config("spark.ui.enabled", False)
                      .config("spark.ui.showConsoleProgress", False).config("spark.sql.execution.arrow.maxRecordsPerBatch", 32).getOrCreate())
        self.spark.sparkContext.setLogLevel("ERROR")

    def run(self, count):
        predictor = counting(1)(MODEL, column="content", keep=["path"])
        frame = self.spark.read.format("binaryFile").load(pictures_of(count))
        answers = frame.mapInPandas(predictor, f"path string, {predictor.schema}, cpu double").toPandas()
        return answers["cpu"].sum(), len(answers)

    def hand_out(self, count):
        return len(self.spark.range(0, count, 1, count).mapInPandas(lambda frames: frames, "id long").collect())


ENGINES = {"kite": Kite, "predictor": InOneProcess, "ray": OnRay, "spark": OnSpark}


def measure(name, workers, count, rounds):
    meter = Meter()
    engine = ENGINES[name](workers)
    engine.run(64)  # the plan, the workers' own caches
    for number in range(rounds):
        for pictures in (count, 2 * count)[:: 1 if number % 2 == 0 else -1]:
            before, begin = meter.seconds(), time.monotonic()
            within, answered = engine.run(pictures)
            seconds = time.monotonic() - begin
            assert answered == pictures, (answered, pictures)
            print(json.dumps({"engine": name, "workers": workers, "pictures": pictures, "seconds": seconds,
                              "cpu": meter.seconds() - before, "cpu_within": within}), flush=True)


def measure_tasks(name, count, rounds):
    engine = ENGINES[name](1)
    engine.hand_out(64)
    for number in range(rounds):
        for tasks in (count, 2 * count)[:: 1 if number % 2 == 0 else -1]:
            before, begin = drivers_seconds(os.getpid()), time.monotonic()
            handed_out = engine.hand_out(tasks)
            assert handed_out == tasks, (handed_out, tasks)
            print(json.dumps({"engine": name, "pictures": tasks, "seconds": time.monotonic() - begin,
                              "cpu": drivers_seconds(os.getpid()) - before}), flush=True)


HOLDER = """
import sys
from paperkite.batch import Predictor
predictor = Predictor(open(sys.argv[1], "rb").read(), threads=1)
predictor.classify(sys.argv[2:])
print("ready", flush=True)
sys.stdin.read()
"""


def kilobytes(pid, key, only=None):
    """Of smaps_rollup, or of the mappings of a file whose name ends with `only`."""
    total, counts = 0, only is None
    for line in pathlib.Path(f"/proc/{pid}/{'smaps_rollup' if only is None else 'smaps'}").read_text().splitlines():
        if only is not None and "-" in line.split(" ", 1)[0]:
            counts = line.endswith(only)
        elif counts and line.startswith(f"{key}:"):
            total += int(line.split()[1])
    return total


def memory(counts):
    for count in counts:
        holders = [subprocess.Popen([sys.executable, "-c", HOLDER, MODEL, *pictures_of(20)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                   for _ in range(count)]
        for holder in holders:
            assert holder.stdout.readline() == "ready\n"
        row = {"workers": count}
        for key in ("Rss", "Pss"):
            row[f"{key.lower()}_mb"] = sum(kilobytes(holder.pid, key) for holder in holders) / 1024
            row[f"plan_{key.lower()}_mb"] = sum(kilobytes(holder.pid, key, ".plan") for holder in holders) / 1024
        for holder in holders:
            holder.communicate("")
        print(json.dumps(row), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=[*ENGINES, "ray-tasks", "spark-tasks", "memory"])
    parser.add_argument("--workers")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    workers = [int(each) for each in (arguments.workers or ("1,2,4,8" if arguments.engine == "memory" else "1,2")).split(",")]
    if arguments.engine == "memory":
        return memory(workers)
    if arguments.engine.endswith("-tasks"):
        return measure_tasks(arguments.engine.removesuffix("-tasks"), arguments.pictures, arguments.rounds)
    for each in workers:
        measure(arguments.engine, each, arguments.pictures, arguments.rounds)


if __name__ == "__main__":
    main()
