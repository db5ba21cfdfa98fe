"""Write docs/performance.md from what benchmarks/calls.py and compare.py measured: `python docs/performance.py`.

A test compares.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURED, CALLS = (HERE / "performance" / f"{name}.json" for name in ("compare", "calls"))
INTRO = """# Performance

What an explanation costs, as a multiple of a plain forward pass of the same model: ViT-B/16 with random weights. Every
round runs each case once, and the ratio is the median over rounds of the ratio within a round, so that a busy moment of
the machine hits all of them.

Milliseconds are this machine's. Ratios travel better: compare those, and measure on yours.
"""
GIVEN = ("model, tensor", "model, image", "module, tensor")
OF_CALLS = """## The calls you make

`explain(...)` as you write it, with everything around the pass: reading what was given, the checks, the explanation
with its prediction, its geometry and where it comes from. `affinity-attention` is what plain ViTs get where you name no
method. Calls on tensors are laid beside the module's forward pass under `torch.inference_mode`, calls on photographs
beside the processor and that pass.

{tables}

Measured on {machine}, with {versions}: the medians of {rounds} rounds.

```bash
python benchmarks/calls.py{options} --out docs/performance
python docs/performance.py
```
"""
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


def page(report: Mapping[str, Any] | None, calls: Mapping[str, Any] | None) -> str:
    """The whole page; without a report, how to make one."""
    of_calls = [] if calls is None else [section_of_calls(calls)]
    if report is None:
        return "\n".join([INTRO, *of_calls, HOW.format(command=COMMAND)])
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    tables = [
        f"### {size} px, batch {batch}\n\n{table(list(rows))}\n"
        for (size, batch), rows in groupby(report["results"], key=lambda row: (row["size"], row["batch"]))
    ]
    where = f"Measured on {report['machine']}, with {versions}.\n"
    return "\n".join([INTRO, *of_calls, INSIDE, where, *tables, HOW.format(command=report["command"])])


def section_of_calls(report: Mapping[str, Any]) -> str:
    """One table for each size: what is called in rows; what is given, in batches, in columns."""
    results = report["results"]
    sizes = list(dict.fromkeys(row["size"] for row in results))
    batches = list(dict.fromkeys(row["batch"] for row in results))
    defaults = (sizes, batches, report["rounds"]) == ([224, 512], [1, 8], 7)
    numbers = (",".join(map(str, sizes)), ",".join(map(str, batches)), report["rounds"])
    return OF_CALLS.format(
        tables="\n\n".join(
            f"### {size} px\n\n{_calls([row for row in results if row['size'] == size])}" for size in sizes
        ),
        machine=report["machine"],
        versions=", ".join(f"{name} {number}" for name, number in report["versions"].items()),
        rounds=report["rounds"],
        options="" if defaults else " --sizes {} --batches {} --rounds {}".format(*numbers),
    )


def _calls(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = sorted(
        {(row["given"], row["batch"]) for row in rows}, key=lambda column: (GIVEN.index(column[0]), column[1])
    )
    plain = {
        (row["given"], row["batch"]): f"{row['ms']:.0f} ms" for row in rows if row["call"].endswith("forward pass")
    }
    ratios = {(row["call"], row["given"], row["batch"]): f"{row['ratio']:.2f}" for row in rows}
    names = [name for name in dict.fromkeys(row["call"] for row in rows) if not name.endswith("forward pass")]
    head = [
        f"| | {' | '.join(f'`explain({given})`, batch {batch}' for given, batch in columns)} |",
        f"| --- |{' --: |' * len(columns)}",
        # The pass beside calls on a module is that beside calls on the model of it.
        f"| plain | {' | '.join(plain.get(column, plain[GIVEN[0], column[1]]) for column in columns)} |",
    ]
    body = [f"| {name} | {' | '.join(ratios.get((name, *column), '') for column in columns)} |" for name in names]
    return "\n".join([*head, *body])


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
    calls = json.loads(CALLS.read_text("utf-8")) if CALLS.exists() else None
    (HERE / "performance.md").write_text(page(report, calls), encoding="utf-8")
