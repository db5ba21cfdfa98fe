"""Write docs/performance.md from what benchmarks/compare.py measured: `python docs/performance.py`; a test compares."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURED = HERE / "performance" / "compare.json"
INTRO = """# Performance

What an explanation costs, as a multiple of a plain forward pass of the same model: ViT-B/16 with random weights, from
ready `pixel_values` to the map. Every round runs each case once, and the ratio is the median over rounds of the ratio
within a round, so that a busy moment of the machine hits all of them. Memory is the peak of a fresh process above that
of the plain pass.

Milliseconds are this machine's. Ratios travel better: compare those, and measure on yours.
"""
HOW = """## Measure again

```bash
pip install -c constraints.txt -e '.[test,peers]'
{command}
python docs/performance.py
```

timm and pytorch-grad-cam are left out, by name, where they are not installed.

## Compare two versions

```bash
python benchmarks/compare.py --against /other/venv/bin/python --sizes 224 --batches 1,8 --rounds 21
```

The other interpreter has another version of vitxplain. Both run the same cases on the same seeded models, in turn, each
in a process that lives through the measurement; then the same commands in fresh processes. Two figures say how much
longer this version takes: the ratio of medians, and the median of the ratios within a round. A change is real where
both say so and the control, the plain forward pass, does not. Results that differ between the versions are marked.
"""
COMMAND = "python benchmarks/compare.py --out docs/performance"


def page(report: Mapping[str, Any] | None) -> str:
    """The whole page; without a report, how to make one."""
    if report is None:
        return "\n".join([INTRO, HOW.format(command=COMMAND)])
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    tables = [
        f"## {size} px, batch {batch}\n\n{table(list(rows))}\n"
        for (size, batch), rows in groupby(report["results"], key=lambda row: (row["size"], row["batch"]))
    ]
    where = f"Measured on {report['machine']}, with {versions}.\n"
    return "\n".join([INTRO, where, *tables, HOW.format(command=report["command"])])


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ["| | ms | x plain forward | MiB above plain |", "| --- | --: | --: | --: |"]
    body = [
        f"| {row['case']} | {row['ms']:.0f} | {row['ratio']:.2f} | "
        f"{'not measured' if row['extra_mib'] is None else format(row['extra_mib'], '.0f')} |"
        for row in rows
    ]
    return "\n".join([*head, *body])


if __name__ == "__main__":
    report = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() else None
    (HERE / "performance.md").write_text(page(report), encoding="utf-8")
