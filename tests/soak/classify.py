# SPDX-License-Identifier: Apache-2.0
"""`kite classify` for an hour: long lists of pictures in one process, and folders in many short ones, good and broken pictures."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import time

from report import Report, show
from watch import Watch

LONG_LINES = 4000
LOOK_S = 0.2


@dataclasses.dataclass
class Scene:
    kite: pathlib.Path
    models: list[pathlib.Path]
    folder: pathlib.Path  # for everything that is written


def make_pictures(scene: Scene, originals: list[pathlib.Path]) -> list[pathlib.Path]:
    """Two folders of good pictures and some that cannot be read."""
    folders = []
    for number, part in enumerate((originals[::2], originals[1::2])):
        folder = scene.folder / f"pictures{number}"
        folder.mkdir()
        for original in part:
            (folder / original.name).symlink_to(original)
        content = part[0].read_bytes()
        (folder / "cut.jpg").write_bytes(content[: len(content) // 3])
        (folder / "empty.png").write_bytes(b"")
        (folder / "text.jpg").write_text("This is no picture.\n")
        (folder / "damaged.jpg").write_bytes(content[:200] + bytes(200) + content[400:])
        folders.append(folder)
    return folders


def answers(lines: list[bytes]) -> dict[str, str]:
    """Picture -> what was answered for it: classes and the bits of scores, or the error."""
    found = {}
    for line in lines:
        row = json.loads(line)
        found[pathlib.Path(row["image"]).name] = json.dumps(row.get("top") or row.get("error"))
    return found


def command(scene: Scene, model: pathlib.Path, *what: object) -> list[str]:
    arguments = ["classify", model, *what, "--format", "jsonl", "--recipe", "imagenet", "--isa", "avx2", "--cache-dir", scene.folder / "cache"]
    return [str(part) for part in (scene.kite, *arguments)]


def long_list(scene: Scene, folder: pathlib.Path, expected: dict[str, str], report: Report) -> None:
    """One process with thousands of pictures: each again and again has its answer, and memory stays."""
    names = [*expected]
    paths = [folder / names[place % len(names)] for place in range(LONG_LINES)]
    listed = scene.folder / "list.txt"
    listed.write_text("".join(f"{path}\n" for path in paths))
    with (scene.folder / "rows").open("w+b") as rows, subprocess.Popen(command(scene, scene.models[0], f"@{listed}"), stdout=rows,
                                                                       stderr=subprocess.DEVNULL) as program:
        watch = Watch("classify, one list", program.pid)
        while program.poll() is None:
            watch.look()
            time.sleep(LOOK_S)
        rows.seek(0)
        lines = rows.read().splitlines()
    report.case("classify, one list: exit code 1, for the broken ones", program.returncode == 1, f"{program.returncode}")
    report.case("classify, one list: a row for each line", len(lines) == LONG_LINES, f"{len(lines)}")
    other = sum(json.dumps(json.loads(line).get("top") or json.loads(line).get("error")) != expected[path.name] for line, path in zip(lines, paths))
    report.count("pictures", len(lines))
    report.case("classify, one list: the same answers", other == 0, f"{other} of {len(lines)} are others")
    report.watched(watch)


def cache_state(scene: Scene) -> tuple[int, int]:
    files = [path for path in (scene.folder / "cache").rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def soak(scene: Scene, originals: list[pathlib.Path], seconds: float, report: Report) -> None:
    folders = make_pictures(scene, originals)
    begin, expected, cache, turn = time.monotonic(), {}, None, 0
    while time.monotonic() - begin < seconds:
        show(f"classify: {time.monotonic() - begin:.0f} of {seconds:.0f} s")
        for folder in folders:
            for model in scene.models:
                result = subprocess.run(command(scene, model, folder), capture_output=True, check=False)
                found = answers(result.stdout.splitlines())
                first = expected.setdefault((folder, model), found)
                report.count("processes", 1)
                report.count("pictures", len(found))
                same = found == first and len(found) == len(list(folder.iterdir())) and result.returncode == 1
                report.case("classify, folders: the same answers", same, f"{model.name}, {folder.name}: {result.stderr[-300:]!r}")
        if cache is None:
            cache = cache_state(scene)
        report.case("classify, folders: the cache stays as it is", cache_state(scene) == cache, f"{cache} became {cache_state(scene)}")
        long_list(scene, folders[turn % 2], expected[folders[turn % 2], scene.models[0]], report)
        turn += 1
    left = sorted(path.name for path in scene.folder.iterdir())
    report.case("classify: nothing else is left", left == ["cache", "list.txt", "pictures0", "pictures1", "rows"], f"{left}")
