"""Write docs/checked-against-others.md from what tests/crosschecks measured; a test compares."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEASURED = HERE / "checked-against-others.json"
NAMES = {"captum": "captum", "quantus": "Quantus", "scikit-learn": "scikit-learn", "torchcam": "torch-cam"}
INTRO = """# Checked against others

Every metric is compared with that of another library on equal inputs: the same maps, the same model, the same noise.
The maps are those of eight test images of `digits`: gradient-attention and attention rollout of `demo-vit`, a random
map and a blob in the middle. What is given is the largest difference, over all maps, between our score and theirs.

Beside this every metric has cases whose score is known without computing (`tests/metrics/test_analytic.py`): the best
map, the worst one, a constant one, and curves that are straight lines.
"""
SAME = """## Where the definitions meet

| metric | compared with | on | largest difference | remark |
| --- | --- | --- | --: | --- |
"""
OTHER = """## Where the definitions part

The same inputs, and a convention that is not ours. The difference is shown, not hidden: it is what you would see if you
compared figures of one library with figures of the other.

| metric | compared with | on | largest difference | what differs |
| --- | --- | --- | --: | --- |
"""
NOT_COMPARED = """## What is not compared

- Quantus' `RegionPerturbation` and `Selectivity` take away square regions and report the fall of the score summed over
  steps: no metric of ours has that definition.
- Areas under Quantus' curves: Quantus 0.6.0 calls `numpy.trapz`, which NumPy 2.4 no longer has, and fails. Its curves
  are compared point by point.
- Quantus' `AttributionLocalisation`, `TopKIntersection` and `AUC` answer what mass accuracy, rank accuracy and average
  precision answer, by other formulas.
"""
HOW = """## Measure again

In an environment of its own, since Quantus brings another OpenCV:

```bash
{install}
{command}
python docs/checked_against_others.py
```

`.ci/run crosschecks` does it, and fails where a difference has grown, or where two definitions that part on this page
have met.
"""
INSTALL = "pip install -c constraints.txt -e '.[test,crosschecks]'"


def page(found: Mapping[str, Any]) -> str:
    """The whole page."""
    versions = ", ".join(f"{NAMES.get(name, name)} {number}" for name, number in found["versions"].items())
    tables = [
        head + "".join(line(row) for row in found["rows"] if row["same"] is same)
        for head, same in ((SAME, True), (OTHER, False))
    ]
    how = HOW.format(install=INSTALL, command=found["command"])
    return "\n".join([INTRO, f"Measured with {versions}.\n", *tables, NOT_COMPARED, how])


def line(row: Mapping[str, Any]) -> str:
    name, rest = re.match(r"(\w+)(.*)", row["theirs"]).groups()
    library = f"{NAMES[row['library']]} `{name}`{rest}"
    return f"| {row['metric']} | {library} | {row['inputs']} | {shown(row['difference'])} | {row['remark']} |\n"


def shown(difference: float) -> str:
    return "0" if not difference else f"{difference:.0e}" if difference < 1e-3 else f"{difference:.3f}"


if __name__ == "__main__":
    (HERE / "checked-against-others.md").write_text(page(json.loads(MEASURED.read_text("utf-8"))), encoding="utf-8")
