"""The section of docs/performance.md on what benchmarks/evaluation.py measured."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Report: TypeAlias = Mapping[str, Any]
SECTION = """## Scores

Images a second that `vitx evaluate` scores on one core, Grad-CAM and four controls of each: {maps} maps an image,
photographs of 480 x 360 pixels, {model}. A pass is one image through
the model, for the maps and for what is asked about them; metrics and maps share those they have in common. Of plain is
the share of the time that the passes alone take.

| | images a second | passes an image | of plain |
| --- | --: | --: | --: |
{rows}
{memory}{beside}
Measured on {machine}, with {versions}; images: {images}.{noise} The memory may be that of another run.

```bash
pip install -c constraints.txt -e '.[crosschecks]'
python benchmarks/evaluation.py --images {images}{counts} --out docs/performance
```
"""
MEMORY = """
Memory hardly grows with the number of images: after {held} images the process held {megabytes} MB
more than after the first {first} (a tiny model, two metrics of the map alone, small images): 4 MiB of scores are kept
at hand, the rest is on the disk. The table at the end, whose intervals draw the images 2,000 times, took {table:.0f} MB
for a moment.
"""
BESIDE = """
Maps a second on one core beside Quantus and torch-cam: the same images of 224 x 224 pixels, the same maps of the same
model, black for what is taken away, and 21 steps in all. Ours is `evaluate`, which also makes the maps, where the model
is asked; theirs are given them, in whole arrays. Of metrics of the map alone it is the metric's `score`, map by map.
The last column is by how much the mean scores differ: [where definitions part](checked-against-others.md) says why.

| | ours | theirs | | difference |
| --- | --: | --: | --- | --: |
{rows}
"""
LOADED = """
About {load} other programs ran meanwhile; that is not in the seconds of the core, but what they do to its caches is."""


def section(report: Report) -> str:
    """A table of rates, what is held in memory, and a table beside other libraries."""
    rows = [
        f"| {row['metric']} | {_rate(row['images a second'])} | {row['passes an image']:.0f} | {row['of plain']:.2f} |"
        for row in report["results"]
    ]
    counts = [row["images"] for row in report["memory"]["results"]]
    beside = [
        f"| {row['metric']} | {_rate(row['maps a second'])} | {_rate(row['theirs'])} | "
        f"{row['library']} `{row['called']}` | {_difference(row['difference'])} |"
        for row in report["beside"]
    ]
    return SECTION.format(
        maps=report["maps"],
        model=report["model"],
        rows="\n".join(rows),
        memory=_memory(report["memory"]) if counts else "",
        beside=BESIDE.format(rows="\n".join(beside)) if beside else "",
        machine=report["machine"],
        versions=", ".join(f"{name} {number}" for name, number in report["versions"].items()),
        images=report["images"],
        counts="" if counts == [1000, 10000] else f" --memory {','.join(map(str, counts))}",
        noise=LOADED.format(load=report["load"]) if report["load"] else "",
    )


def _memory(memory: Report) -> str:
    rows: Sequence[Report] = memory["results"]
    held = " and ".join(f"{row['images']:,}" for row in rows)
    megabytes = " and ".join(f"{row['MB']:.1f}" for row in rows)
    return MEMORY.format(held=held, megabytes=megabytes, first=memory["first"], table=rows[-1]["table MB"])


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _difference(number: float) -> str:
    return f"{number:.0e}" if number else "0"
