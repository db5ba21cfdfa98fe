"""The section of docs/performance.md on what benchmarks/folders.py measured."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Report: TypeAlias = Mapping[str, Any]
MADE = "made"
OF_TIME = "of plain's processor time"
SECTION = """## A folder

`vitx explain FOLDER --format parquet` beside reading, processor and plain forward pass alone of the same photographs, a
ViT-S/16 in batches of eight. *Of plain* is the share that the plain side takes of the time of explaining, and of the
processor's; 1 would be an explanation that costs nothing. A process also takes some time once, whatever the number of
images: it imports what the method and the files need and makes room for its first batch. The first command with a model
finds out what the model is, which is [kept](reference/files.md). Memory is what the process held at most, the plain
side with it.

{tables}

Measured on {machine}, with {versions}.{memory}

```bash
{commands}
python docs/performance.py
```
"""
TABLE = """### {images:,} photographs of {sizes} sizes

| | images a second | of plain | of its processor time | s once | s more with a new model | MB at most |
| --- | --: | --: | --: | --: | --: | --: |
{rows}"""
MEMORY = """

Memory does not grow with the number of images: {first:.0f} MB after {few:,} tiny images, {last:.0f} MB after
{many:,}, explained by a tiny model with {methods}."""


def section(report: Report) -> str:
    """A table for each folder, what is held in memory, and the commands."""
    runs: Mapping[str, Report] = report["runs"]
    return SECTION.format(
        tables="\n\n".join(map(_table, runs.values())),
        machine=report["machine"],
        versions=", ".join(f"{name} {number}" for name, number in report["versions"].items()),
        memory=_memory(report["memory"]) if report["memory"] else "",
        commands="\n".join(_commands(runs, report["memory"])),
    )


def _table(run: Report) -> str:
    rows = [
        f"| {row['method']} | {row['images a second']:.1f} | {_share(row)} | {row[OF_TIME]:.2f} | {row['once']:.1f} | "
        f"{row['once a model']:.1f} | {row['peak MB']:.0f} |"
        for row in run["results"]
    ]
    return TABLE.format(images=run["images"], sizes=run["sizes"], rows="\n".join(rows))


def _share(row: Report) -> str:
    """The median, and between what the rounds lie where there were several."""
    spread = f" ({row['least']:.2f} to {row['most']:.2f})" if row["least"] != row["most"] else ""
    return f"{row['of plain']:.2f}{spread}"


def _memory(measured: Report) -> str:
    held = sorted((int(images), megabytes) for images, megabytes in measured["MB after"].items())
    (few, first), (many, last) = held[0], held[-1]
    return MEMORY.format(few=few, first=first, many=many, last=last, methods=", ".join(measured["methods"]))


def _commands(runs: Mapping[str, Report], memory: Report | None) -> list[str]:
    commands = []
    for name, run in runs.items():
        images = f"--images {run['images']} --sizes {run['sizes']}" if name == MADE else f"--folder {name}"
        rounds = f" --rounds {run['rounds']}" if run["rounds"] > 1 else ""
        commands.append(f"python benchmarks/folders.py {images}{rounds} --out docs/performance")
    return commands + (["python benchmarks/folders.py --memory --out docs/performance"] if memory else [])
