"""The section of docs/performance.md on what benchmarks/gpu.py measured."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Report: TypeAlias = Mapping[str, Any]
NO_GPU = """## On a GPU

Not measured yet. This measures it: maps beside the CPU's in three number formats, every method beside a plain pass,
and a folder.

```bash
python benchmarks/gpu.py --out docs/performance
python docs/performance.py
```
"""
GPU = """## On a GPU

ViT-B/16 on {device}, with {versions}; milliseconds in fp32, and as a multiple of the plain pass.

{tables}

Maps beside those of fp32 on the CPU: the correlation, and the greatest difference of maps whose greatest value is 1.

| | {formats} |
| --- |{dashes}
{maps}

{folder}

```bash
python benchmarks/gpu.py --out docs/performance
```
"""


def section(report: Report | None) -> str:
    """A table of times for each size, one of how near the maps come to the CPU's, and the folder's rates.

    Without a report how to make one.
    """
    if report is None:
        return NO_GPU
    rows = report["results"]
    tables = []
    for size in dict.fromkeys(row["size"] for row in rows):
        of_size = [row for row in rows if row["size"] == size]
        batches = list(dict.fromkeys(row["batch"] for row in of_size))
        cells = {(row["call"], row["batch"]): _time(row) for row in of_size}
        lines = [
            f"| {call} | {' | '.join(cells[call, batch] for batch in batches)} |"
            for call in dict.fromkeys(row["call"] for row in of_size)
        ]
        head = [f"| | {' | '.join(f'batch {batch}' for batch in batches)} |", f"| --- |{' --: |' * len(batches)}"]
        tables.append("\n".join([f"### {size} px\n", *head, *lines]))
    formats = list(dict.fromkeys(row["format"] for row in report["maps"]))
    near = {(row["method"], row["format"]): row for row in report["maps"]}
    maps = [
        f"| {method} | "
        + " | ".join(
            f"{near[method, one]['correlation']:.4f}, {near[method, one]['difference']:.0e}" for one in formats
        )
        + " |"
        for method in dict.fromkeys(row["method"] for row in report["maps"])
    ]
    rates = [
        f"{row['method']} {row['images a second']:.0f}"
        for row in report["folder"]
        if row["images a second"] is not None
    ]
    return GPU.format(
        device=report["device"],
        versions=", ".join(f"{name} {number}" for name, number in report["versions"].items()),
        tables="\n\n".join(tables),
        formats=" | ".join(formats),
        dashes=" --: |" * len(formats),
        maps="\n".join(maps),
        folder=f"A folder of photographs, images a second: {', '.join(rates) or 'not measured'}.",
    )


def _time(row: Report) -> str:
    if row["ms"] is None:
        return str(row["why"])
    return f"{row['ms']:.1f} ms" if row["ratio"] is None else f"{row['ms']:.1f} ms, {row['ratio']:.2f}"
