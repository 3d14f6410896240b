# SPDX-License-Identifier: Apache-2.0
"""The committed results of the zoo: one line for the libraries, one for each row. docs/models.md is made from them.

    results.py merge PART.jsonl...     takes rows of runs over, each in the place of the one that it repeats
    results.py write docs/models.md    puts the table between the markers of the page, and the picture of the times beside it
    results.py check docs/models.md    exit code 1 where the page is not what the results say"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import members
from plot import ratios_svg

COMMITTED = Path(__file__).resolve().parent / "results.jsonl"
BEGIN, END = "<!-- zoo: begin -->", "<!-- zoo: end -->"
TIMES = ("time", "cold", "timed")
# In the order in which the page lists them.
STATUSES = {
    "agrees": "ONNX Runtime's logits within 1e-4 of the largest one, and the same classes",
    "ill-conditioned": "ONNX Runtime and the library itself are apart on the same input, and kite is at most 3.0 times as far from double precision as the farther of them",
    "differs": "another answer",
    "fails": "no answer, and no error that says why",
    "refused": "an error that says why",
    "not telling": "the network answers the same for every picture, so that it proves nothing",
    "no export": "the exporter writes no file",
}


def key_of(row: dict) -> tuple[str, str, str]:
    return row["library"], row["model"], row["exporter"]


def read_lines(path: Path) -> list[dict]:
    """A run that was killed may have left the beginning of a line."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def committed() -> tuple[dict, dict[tuple[str, str, str], dict]]:
    """The libraries' versions, and the rows."""
    libraries, *rows = read_lines(COMMITTED) or [{}]
    return libraries, {key_of(row): row for row in rows}


def plain(reason: str) -> str:
    """Without where in the exporter it came up, and without the folders of the machine."""
    return re.sub(r"(/[\w.+-]+)+/(?=[\w.+-])", "", re.split(r" While executing | Original traceback", reason)[0])


def shortened(row: dict) -> dict:
    """What the page and the next run need; numbers with the digits that mean something."""
    short = {name: row[name] for name in ("library", "model", "exporter", "opset", "nodes", "status", "detail", "judge") if row.get(name) not in (None, "")}
    short |= {name: plain(short[name]) for name in ("detail", "judge") if name in short}
    short |= {name: float(f"{row[name]:.2g}") for name in ("error", "ort_vs_library") if name in row}
    short |= {name: row[name] for name in ("top1", "macs", "fast", "portable", *TIMES) if row.get(name) not in (None, [])}
    return short | {"kite": row["kite"] if "kite" in row else row["versions"]["kite"]}


def merge(paths: list[Path]) -> int:
    libraries, rows = committed()
    for path in paths:
        for row in read_lines(path):
            found = {name: version for name, version in row["versions"].items() if name != "kite"}
            if found != (libraries or found):
                rows = {}  # results of other libraries say nothing about these
            libraries, before = found, rows.get(key_of(row), {})
            short = shortened(row)
            if "time" in short:
                short["timed"] = short["kite"]
            elif short["status"] == before.get("status"):
                short |= {name: before[name] for name in TIMES if name in before}
            rows[key_of(row)] = short
    order = {row.key: i for i, row in enumerate(listed())}
    lines = [libraries] + sorted((row for key, row in rows.items() if key in order), key=lambda row: order[key_of(row)])
    COMMITTED.write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{len(lines) - 1} of {len(order)} rows have a result")
    return 0


def listed() -> list[members.Row]:
    """By library and model, as the page shows them."""
    return sorted(members.rows(members.read()), key=lambda row: row.key)


def ratio(row: dict, name: str) -> str:
    return f"{row[name][0]:.2f} ({row[name][1]:.2f} to {row[name][2]:.2f})" if name in row else ""


def answer(row: dict) -> str:
    if "error" not in row:
        return row["status"]
    return f"{row['error']:.1e}" + (f", {row['status']}" if row["status"] in ("differs", "ill-conditioned") else "")


# The columns of the page, each with what it shows of one export.
COLUMNS = {
    "opset": lambda row: str(row["opset"]),
    "nodes": lambda row: str(row.get("nodes", "")),
    "in fast kernels": lambda row: f"{100 * row['fast']:.4g} %" if "fast" in row else "",
    "error": answer,
    "top-1": lambda row: f"{row['top1'][0]} of {row['top1'][1]}" if "top1" in row else "",
    "time": lambda row: ratio(row, "time"),
    "cold start": lambda row: ratio(row, "cold"),
}


def cell(texts: list[str]) -> str:
    """What the exports of one model have, in the order of the exporters: once where they are equal, - where one has none."""
    return texts[0] if len(set(texts)) == 1 else " / ".join(text or "-" for text in texts)


def table_line(of_one: dict[str, dict], exporters: list[str]) -> str:
    """`of_one`: the rows of a model, by exporter."""
    texts = [[show(of_one[exporter]) if exporter in of_one else "" for exporter in exporters] for show in COLUMNS.values()]
    return "| " + " | ".join([next(iter(of_one.values()))["model"], *map(cell, texts)]) + " |"


def exceptions(rows: list[dict]) -> list[str]:
    wanted = [row for row in rows if row["status"] != "agrees" or "judge" in row]
    if not wanted:
        return []
    lines = ["", "| exception | what | why |", "|---|---|---|"]
    for row in wanted:
        why = row.get("detail") or row.get("judge", "")
        if "judge" in row and row.get("detail"):
            why += f"; judged by {row['judge']}"
        lines.append(f"| {row['library']}/{row['model']}, {row['exporter']} | {row['status']} | {why.replace('|', '/')} |")
    return lines


def section() -> str:
    libraries, results = committed()
    rows = [results[key] for row in listed() if (key := row.key) in results]
    total, timed = len(listed()), sum("time" in row for row in rows)
    lines = [f"{len(rows)} of the list's {total} rows have been run, {timed} of them with times. "
             + "Libraries: " + ", ".join(f"{name} {version}" for name, version in libraries.items()) + ".", "",
             "| result | rows | meaning |", "|---|---|---|"]
    for status, meaning in STATUSES.items():
        count = sum(row["status"] == status for row in rows)
        if count > 0 or status == "differs":
            lines.append(f"| {status} | {count} | {meaning} |")
    lines += exceptions(rows)
    for library in dict.fromkeys(row["library"] for row in rows):
        exporters = list(members.EXPORTERS[library])
        models: dict[str, dict[str, dict]] = {}
        for row in rows:
            if row["library"] == library:
                models.setdefault(row["model"], {})[row["exporter"]] = row
        lines += ["", f"<details><summary>{library}: {len(models)} models, {' / '.join(exporters)}</summary>", "",
                  "| model | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|",
                  *(table_line(of_one, exporters) for of_one in models.values()), "", "</details>"]
    return "\n".join(lines)


def page_with(page: Path) -> str:
    before, rest = page.read_text().split(BEGIN)
    return f"{before}{BEGIN}\n{section()}\n{END}{rest.split(END)[1]}"


def main() -> int:
    what, *paths = sys.argv[1:]
    if what == "merge":
        return merge([Path(path) for path in paths])
    page = Path(paths[0])
    picture, drawn = page.with_name("zoo.svg"), ratios_svg(list(committed()[1].values()))
    if what == "write":
        page.write_text(page_with(page))
        picture.write_text(drawn)
        return 0
    if page.read_text() != page_with(page) or not picture.exists() or picture.read_text() != drawn:
        print(f"{page}: not what tests/zoo/results.jsonl says; run tests/zoo/results.py write {page}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
