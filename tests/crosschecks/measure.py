"""Measure every comparison and write what the docs page is made from: `python -m tests.crosschecks.measure`."""

import json
from importlib.metadata import version
from pathlib import Path

from tests.crosschecks import captum_metrics, quantus_curves, quantus_metrics, scikit_learn, torch_cam
from tests.crosschecks.comparison import Comparison

PAGE = Path(__file__).resolve().parents[2] / "docs" / "checked-against-others.json"
LIBRARIES = ("captum", "quantus", "scikit-learn", "torch", "torchcam", "vitxplain")
EVERY: list[Comparison] = sorted(
    [
        *scikit_learn.COMPARISONS,
        *quantus_metrics.COMPARISONS,
        *quantus_curves.COMPARISONS,
        *captum_metrics.COMPARISONS,
        *torch_cam.COMPARISONS,
    ],
    key=lambda one: (one.metric, not one.same),
)


def measured() -> dict[str, object]:
    rows = []
    for one in EVERY:
        difference = one.difference()
        print(f"{difference:8.1e}  {'' if one.holds(difference) else '!'}  {one.name}")
        rows.append(
            {
                "metric": one.metric,
                "library": one.library,
                "theirs": one.theirs,
                "inputs": one.inputs,
                "same": one.same,
                "difference": float(f"{difference:.3g}"),
                "remark": one.remark,
            }
        )
    return {
        "command": "python -m tests.crosschecks.measure",
        "versions": {name: version(name) for name in LIBRARIES},
        "rows": rows,
    }


if __name__ == "__main__":
    PAGE.write_text(json.dumps(measured(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
