# SPDX-License-Identifier: Apache-2.0
"""Whole networks: kite's logits against ONNX Runtime's, for every kept graph, ISA and thread count.

Each graph is filled with seeded weights, run by ONNX Runtime for the reference, then by
`kite run`. The last line reads `N passed, N failed, N skipped`.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import fill
import references
from comparison import Case, Status, compare_bits, compare_logits, healthy
from kite_runner import FEATURES, Kite, missing_features

# Best first.
ISAS = ("neon", "generic") if platform.machine() == "aarch64" else ("avx512", "avx2", "generic")
# A filled file of these is 340 MB: on one ISA in a quick run, and not kept afterwards.
LARGE = ("regnet_y_16gf", "vit_b_16")


@dataclass(frozen=True)
class Run:
    """One call of kite. A batch above one is for graphs whose batch dimension is dynamic."""

    isa: str
    threads: int
    batch: int


def name_of(graph: Path) -> str:
    """NETWORK-STYLE-BATCH."""
    return graph.name.removesuffix(fill.SUFFIX)


def batches(graph: str) -> list[int]:
    if not graph.endswith("-dynamic"):
        return [1]
    return [1, 2] if graph.startswith(LARGE) else [1, 3]


def plan(graph: str, isas: list[str], quick: bool) -> list[Run]:
    """The calls for one graph. Quick: batches and large networks run only on the best ISA."""
    runs = []
    for rank, isa in enumerate(isas):
        if quick and rank > 0 and graph.startswith(LARGE):
            continue
        for batch in batches(graph):
            if quick and batch > 1 and rank > 0:
                continue
            runs += [Run(isa, threads, batch) for threads in (1, 2)]
    return runs


def check_graph(graph: Path, kite: Kite, work: Path, isas: list[str], quick: bool) -> tuple[list[Case], float, float]:
    """All cases of one graph, the seconds spent on the reference, and those spent in kite."""
    name = name_of(graph)
    network, style, batch_kind = name.split("-")
    start = time.monotonic()
    reference = references.prepare(graph, work, batches(name))
    prepared = time.monotonic()
    title = f"{network}/{style}-{batch_kind}"
    cases = [healthy(f"{title}/reference tells pictures apart", reference.all_logits())]
    results = {}
    for run in plan(name, isas, quick):
        path = f"{title}/batch{run.batch}/{run.isa}/threads{run.threads}"
        answer = kite.run(reference.model, reference.inputs[run.batch], run.isa, run.threads, work / name)
        if answer.logits is None:
            cases.append(Case(path, Status.FAILED, answer.trouble))
            continue
        results[run] = answer.logits
        cases.append(compare_logits(path, answer.logits, reference.logits[run.batch], answer.command))
    cases += bitwise_cases(title, results)
    if network in LARGE:
        reference.model.unlink(missing_ok=True)
    return cases, prepared - start, time.monotonic() - prepared


def bitwise_cases(title: str, results: dict) -> list[Case]:
    """The same bits for any thread count and batch position."""
    cases = []
    for run, logits in results.items():
        single = results.get(Run(run.isa, 1, run.batch))
        if run.threads > 1 and single is not None:
            path = f"{title}/batch{run.batch}/{run.isa}/same bits for 1 and {run.threads} threads"
            cases.append(compare_bits(path, logits, single))
        alone = results.get(Run(run.isa, run.threads, 1))
        if run.batch > 1 and alone is not None:
            path = f"{title}/batch{run.batch}/{run.isa}/threads{run.threads}/first row has the bits of batch 1"
            cases.append(compare_bits(path, logits[:1], alone))
    return cases


def skipped_cases(names: list[str], wanted: list[str]) -> tuple[list[str], list[Case]]:
    """The ISAs that this machine has, and a skipped case per graph and ISA that it lacks."""
    usable, cases = [], []
    for isa in wanted:
        lacking = missing_features(isa)
        if not lacking:
            usable.append(isa)
            continue
        reason = f"this CPU has no {', '.join(lacking)}"
        cases += [Case(f"{name.replace('-', '/', 1)}/{isa}", Status.SKIPPED, reason) for name in names]
    return usable, cases


def report(case: Case, verbose: bool) -> None:
    if case.status is Status.PASSED and not verbose:
        return
    detail = case.detail.replace("\n", "\n     ")
    print(f"{case.status.value} {case.name}" + (f"\n     {detail}" if detail else ""), flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--kite", type=Path, default=root / "build/release/bin/kite")
    parser.add_argument("--work", type=Path, default=root / "build/models", help="filled models and references")
    parser.add_argument("--only", default="", help="regular expression on NETWORK-STYLE-BATCH")
    parser.add_argument("--isa", action="append", choices=sorted(FEATURES), help="may be repeated; all of this machine's if not given")
    parser.add_argument("--emulator", default="", help="a command that runs kite, where it is of another architecture; needs --isa")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="graphs at a time")
    parser.add_argument("--verbose", action="store_true", help="print the cases that passed, too")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer combinations, as in `make test`")
    size.add_argument("--full", action="store_true", help="every combination (what happens without --quick)")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    graphs = [g for g in fill.GRAPHS.glob(f"*{fill.SUFFIX}") if re.search(arguments.only, name_of(g))]
    if not graphs:
        print(f"check_models: no graph matches {arguments.only!r}", file=sys.stderr)
        return 2
    if not arguments.kite.exists():
        print(f"check_models: no {arguments.kite}; build it or give --kite", file=sys.stderr)
        return 2
    # Long jobs first, so that none is left running alone at the end.
    graphs.sort(key=lambda g: (not g.name.startswith(LARGE), not g.name.startswith(("convnext", "resnet")), g.name))
    names = [name_of(graph) for graph in graphs]
    emulator = tuple(shlex.split(arguments.emulator))
    if emulator:  # what it plays has what the program asks for
        isas, cases = arguments.isa or [], []
    else:
        isas, cases = skipped_cases(names, [isa for isa in ISAS if isa in (arguments.isa or ISAS)])
    for case in cases:
        report(case, arguments.verbose)
    arguments.work.mkdir(parents=True, exist_ok=True)
    kite, spent = Kite(arguments.kite.resolve(), emulator), [0.0, 0.0]
    with ProcessPoolExecutor(max_workers=arguments.jobs) as pool:
        jobs = {
            pool.submit(check_graph, graph, kite, arguments.work, isas, arguments.quick): name
            for graph, name in zip(graphs, names)
        }
        for job in as_completed(jobs):
            try:
                found, reference_s, kite_s = job.result()
            except Exception as error:  # one graph's trouble must not hide the others' results
                found, reference_s, kite_s = [], 0, 0
                found.append(Case(jobs[job], Status.FAILED, f"{type(error).__name__}: {error}"))
            spent[0] += reference_s
            spent[1] += kite_s
            for case in found:
                report(case, arguments.verbose)
            cases += found
    count = {status: sum(case.status is status for case in cases) for status in Status}
    print(f"seconds over all jobs: references {spent[0]:.0f}, kite {spent[1]:.0f}", file=sys.stderr)
    print(f"{count[Status.PASSED]} passed, {count[Status.FAILED]} failed, {count[Status.SKIPPED]} skipped")
    return 1 if count[Status.FAILED] or not count[Status.PASSED] else 0


if __name__ == "__main__":
    sys.exit(main())
