"""Write docs/performance.md from what scripts of benchmarks/ measured: `python docs/performance.py`.

A test compares.
"""

import json
import runpy
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

HERE = Path(__file__).parent
SOURCES = ("compare", "calls", "one_image", "folders", "gpu", "evaluation")  # each of the script of its name
INTRO = """# Performance

What an explanation costs, as a multiple of a plain forward pass of the same model: ViT-B/16 with random weights. Every
round runs each case once, and the ratio is the median over rounds of the ratio within a round, so that a busy moment of
the machine hits all of them.

Milliseconds are this machine's. Ratios travel better: compare those, and measure on yours.
"""
ONE_IMAGE = """## One image at the command line

`vitx explain IMAGE --method rollout`, in a new process, beside a script that imports torch and transformers, opens the
same model and image and runs the pass: {explain:.1f} s beside {plain:.1f} s, {ratio:.2f} times as long. {cold}

A picture on disk takes {save:.0f} ms, the explanation it shows {explained:.0f} ms; the first one of a process takes
{first:.0f} ms, in which matplotlib is imported and the sheet is made.

Measured on {machine}, with {versions}: the medians of {rounds} rounds, a ViT-B/16.

```bash
python benchmarks/one_image.py --rounds {rounds} --out docs/performance
```
"""
COLD = """The picture and the
libraries that draw it are part of it. The first command with a model takes {seconds:.1f} s, {ratio:.2f} times as long:
a few passes find out what the model is, which is [kept](reference/files.md)."""
PROBED = """What is found
out about a model before it is first explained (a few passes) is part of it, and so are the picture and the libraries
that draw it."""
INSIDE = """## The passes inside, beside others

From ready `pixel_values` to the map, without what `explain` does around it. Memory is the peak of a fresh process above
that of the plain pass.
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


Report: TypeAlias = Mapping[str, Any]


def page(
    report: Report | None,
    calls: Report | None,
    one_image: Report | None = None,
    folders: Report | None = None,
    gpu: Report | None = None,
    evaluation: Report | None = None,
) -> str:
    """The whole page; without a report, how to make one."""
    sections = [] if calls is None else [_section("calls", calls)]
    if one_image is not None:
        sections.append(section_of_one_image(one_image))
    if folders is not None:
        sections.append(_section("folders", folders))
    if evaluation is not None:
        sections.append(_section("evaluation", evaluation))
    sections.append(_section("gpu", gpu))
    if report is None:
        return "\n".join([INTRO, *sections, HOW.format(command=COMMAND)])
    tables = [
        f"### {size} px, batch {batch}\n\n{table(list(rows))}\n"
        for (size, batch), rows in groupby(report["results"], key=lambda row: (row["size"], row["batch"]))
    ]
    where = f"Measured on {report['machine']}, with {_versions(report)}.\n"
    return "\n".join([INTRO, *sections, INSIDE, where, *tables, HOW.format(command=report["command"])])


def _section(name: str, report: Report | None) -> str:
    """What the script of a section in performance/ makes of a report."""
    text: str = runpy.run_path(str(HERE / "performance" / f"{name}.py"))["section"](report)
    return text


def section_of_one_image(report: Report) -> str:
    """A command and a picture."""
    picture = report["picture"]
    command = report["command"]
    # Reports from before findings were kept have the first command alone.
    cold = COLD.format(seconds=command["cold"], ratio=command["cold ratio"]) if "cold" in command else PROBED
    numbers = (
        command | {"cold": cold} | {"first": picture["first"], "save": picture["save"], "explained": picture["explain"]}
    )
    return ONE_IMAGE.format(**numbers, machine=report["machine"], versions=_versions(report), rounds=report["rounds"])


def _versions(report: Report) -> str:
    return ", ".join(f"{name} {number}" for name, number in report["versions"].items())


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ["| | ms | x plain forward | MiB above plain |", "| --- | --: | --: | --: |"]
    body = [
        f"| {row['case']} | {row['ms']:.0f} | {row['ratio']:.2f} | "
        f"{'not measured' if row['extra_mib'] is None else format(row['extra_mib'], '.0f')} |"
        for row in rows
    ]
    return "\n".join([*head, *body])


if __name__ == "__main__":
    files = [HERE / "performance" / f"{name}.json" for name in SOURCES]
    reports = [json.loads(file.read_text("utf-8")) if file.exists() else None for file in files]
    (HERE / "performance.md").write_text(page(*reports), encoding="utf-8")
