"""The section of docs/performance.md on what benchmarks/calls.py measured."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]
GIVEN = ("model, tensor", "model, image", "module, tensor")
GRADIENT = "PyTorch's gradient"
SECTION = """## The calls you make

`explain(...)` as you write it, with everything around the pass: reading what was given, the checks, the explanation
with its prediction, its geometry and where it comes from. `affinity-attention` is what plain ViTs get where you name no
method. Calls on tensors are laid beside the module's forward pass under `torch.inference_mode`, calls on photographs
beside the processor and that pass, before and after each call. *PyTorch's gradient* is that of the largest logit with
respect to the image, `torch.autograd.grad` and nothing else: what asks for a gradient takes such a forward and backward
pass, and `affinity-attention`, which [looks twice](decisions/0011-affinity-attention-looks-twice.md), takes two. The
last column is how many times the multiplications of the pass a call takes, by PyTorch's counter.

{tables}
{floor}
Measured on {machine}, with {versions}: the medians of
{rounds}.{noise}

```bash
{commands}
python docs/performance.py
```
"""
FLOOR = """
The default looks twice, and so costs two of PyTorch's gradients before anything is made of them, in times the pass:
{floors}.
It takes, in times that, {shares}.
"""
NOISE = (
    "\nNo call is faster than the pass it contains: the least ratio, {least:.2f}, shows how unsteady the machine was,\n"
    "and the others may be as far off."
)


def section(report: Mapping[str, Any]) -> str:
    """One table for each size: what is called in rows; what is given, in batches, in columns."""
    results: Sequence[Row] = report["results"]
    sizes = list(dict.fromkeys(row["size"] for row in results))
    runs = {(row["size"], row["batch"]): row.get("rounds") or report["rounds"] for row in results}
    of_rounds = sorted(set(runs.values()))
    return SECTION.format(
        tables="\n\n".join(
            f"### {size} px\n\n{_table([row for row in results if row['size'] == size])}" for size in sizes
        ),
        floor=_floor(results),
        machine=report["machine"],
        versions=", ".join(f"{name} {number}" for name, number in report["versions"].items()),
        rounds=f"{of_rounds[0]} rounds" if len(of_rounds) == 1 else f"{of_rounds[0]} to {of_rounds[-1]} rounds",
        noise=NOISE.format(least=least) if (least := min(row["ratio"] for row in results)) < 0.99 else "",
        commands="\n".join(_commands(runs)),
    )


def _commands(runs: Mapping[tuple[int, int], int]) -> list[str]:
    """As few as measure these batches of these sizes in so many rounds each."""
    batches: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (size, batch), rounds in runs.items():
        batches[size, rounds].append(batch)
    sizes: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (size, rounds), of_size in batches.items():
        sizes[",".join(map(str, of_size)), rounds].append(size)
    return [
        f"python benchmarks/calls.py --sizes {','.join(map(str, of_batches))} --batches {those} --rounds {rounds} "
        "--out docs/performance"
        for (those, rounds), of_batches in sizes.items()
    ]


def _floor(results: Sequence[Row]) -> str:
    """How the default stands to two gradients of PyTorch, at each size and batch."""
    ratios = {(row["size"], row["batch"], row["call"]): row["ratio"] for row in results if row["given"] == GIVEN[0]}
    pairs = [
        (f"{size} px" + (f" in batches of {batch}" if batch > 1 else ""), 2 * ratios[size, batch, GRADIENT], own)
        for (size, batch, call), own in ratios.items()
        if call == "affinity-attention" and (size, batch, GRADIENT) in ratios
    ]
    if not pairs:
        return ""
    return FLOOR.format(
        floors=", ".join(f"{least:.2f} at {where}" for where, least, _ in pairs),
        shares=", ".join(f"{own / least:.2f} at {where}" for where, least, own in pairs),
    )


def _table(rows: Sequence[Row]) -> str:
    columns = sorted(
        {(row["given"], row["batch"]) for row in rows}, key=lambda column: (GIVEN.index(column[0]), column[1])
    )
    plain = {
        (row["given"], row["batch"]): f"{row['ms']:.0f} ms" for row in rows if row["call"].endswith("forward pass")
    }
    ratios = {(row["call"], row["given"], row["batch"]): f"{row['ratio']:.2f}" for row in rows}
    names = [name for name in dict.fromkeys(row["call"] for row in rows) if not name.endswith("forward pass")]
    counts = {row["call"]: f"{row['multiplications']:.2f}" for row in rows if row["given"] == GIVEN[0]}
    counts[GRADIENT] = ""  # the counter does not know the backward pass of fused attention on a CPU
    head = [
        f"| | {' | '.join(f'`explain({given})`, batch {batch}' for given, batch in columns)} | multiplications |",
        f"| --- |{' --: |' * (len(columns) + 1)}",
        # The pass beside calls on a module is that beside calls on the model of it.
        f"| plain | {' | '.join(plain.get(column, plain[GIVEN[0], column[1]]) for column in columns)} | 1 |",
    ]
    body = [
        f"| {name} | {' | '.join(ratios.get((name, *column), '') for column in columns)} | {counts[name]} |"
        for name in names
    ]
    return "\n".join([*head, *body])
