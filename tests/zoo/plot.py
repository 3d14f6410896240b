# SPDX-License-Identifier: Apache-2.0
"""The zoo's ratios to ONNX Runtime as a picture: every timed row a dot with its spread, from the fastest to the slowest."""

from __future__ import annotations

import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 52, 16, 44, 34
# The colours of the reports' plots (race/report/render), for light and dark paper.
STYLE = """<style>
.paper{fill:#fdfdfb}.ink{fill:#1c1e21}.quiet{fill:#5c626b}.rule,.leader{stroke:#d9dbdf}.even{stroke:#5c626b}
.torchscript{fill:#0063a6;stroke:#0063a6}.dynamo{fill:#b84300;stroke:#b84300}
@media (prefers-color-scheme:dark){.paper{fill:#16181b}.ink{fill:#e4e5e7}.quiet{fill:#a2a8b1}.rule,.leader{stroke:#383c42}.even{stroke:#a2a8b1}
.torchscript{fill:#6db8ee;stroke:#6db8ee}.dynamo{fill:#ff9a5c;stroke:#ff9a5c}}
</style>"""
PANELS = (("time", "Time of one run at one thread, kite / ONNX Runtime"), ("cold", "Cold start, kite's whole process / ONNX Runtime's opening and first run"))
# The slowest get their names, in a column before their dots.
NAMED = 6
LINE = 14  # from name to name


def ticks(low: float, high: float) -> list[float]:
    return [value for value in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if low <= value <= high]


def panel(rows: list[dict], name: str, title: str, top: float) -> list[str]:
    rows = sorted((row for row in rows if name in row), key=lambda row: row[name][0])
    out = [f'<text class="ink" x="{LEFT}" y="{top + 20}" font-size="14" font-weight="600">{title}</text>']
    if not rows:
        return out + [f'<text class="quiet" x="{LEFT}" y="{top + TOP + 16}">No row has been timed.</text>']
    low = min(0.5, min(row[name][1] for row in rows)) / 1.1
    high = max(2.0, max(row[name][2] for row in rows)) * 1.1
    floor = top + HEIGHT - BOTTOM

    def y(value: float) -> float:
        return floor - (floor - top - TOP) * math.log(value / low) / math.log(high / low)

    for value in ticks(low, high):
        out.append(f'<line class="{"even" if value == 1 else "rule"}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
                   f'<text class="quiet" x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    step = (WIDTH - LEFT - RIGHT - 12) / max(len(rows) - 1, 1)
    for i, row in enumerate(rows):
        x = LEFT + 6 + i * step
        middle, least, most = row[name]
        label = f"{row['model']}, {row['exporter']}: {middle:.2f} ({least:.2f} to {most:.2f})"
        out.append(f'<g class="{row["exporter"]}"><title>{html.escape(label)}</title><line x1="{x:.1f}" x2="{x:.1f}" y1="{y(most):.1f}" y2="{y(least):.1f}" '
                   f'stroke-opacity="0.4"/><circle cx="{x:.1f}" cy="{y(middle):.1f}" r="2.5"/></g>')
    # Upwards from the fastest of them, above all dots before it.
    column, text = LEFT + 6 + max(len(rows) - NAMED, 0) * step - 30, floor
    for i, row in list(enumerate(rows))[-NAMED:]:
        x, dot = LEFT + 6 + i * step, y(row[name][0])
        text = min(dot - LINE, text - LINE)
        out.append(f'<line class="leader" x1="{column + 4:.1f}" y1="{text:.1f}" x2="{x - 5:.1f}" y2="{dot:.1f}"/>'
                   f'<text class="ink" x="{column:.1f}" y="{text + 4:.1f}" text-anchor="end" font-size="11">{html.escape(row["model"])}</text>')
    middle = rows[len(rows) // 2][name][0]
    out.append(f'<text class="quiet" x="{LEFT}" y="{floor + 22}">{len(rows)} rows from the fastest to the slowest; median {middle:.2f}; below 1, kite is faster</text>')
    return out


def ratios_svg(rows: list[dict]) -> str:
    height = HEIGHT * len(PANELS) + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="12" role="img" '
           'aria-label="Times of the zoo\'s models as ratios to ONNX Runtime">', STYLE, f'<rect class="paper" width="{WIDTH}" height="{height}"/>']
    for i, (name, title) in enumerate(PANELS):
        out += panel(rows, name, title, i * HEIGHT)
    x = LEFT
    for exporter in ("torchscript", "dynamo"):
        out.append(f'<circle class="{exporter}" cx="{x + 4}" cy="{height - 14}" r="4"/><text class="ink" x="{x + 14}" y="{height - 10}">{exporter}</text>')
        x += 110
    return "\n".join([*out, "</svg>"]) + "\n"
