"""A real detector on a few photographs: its maps lie where the things are."""

import runpy
from pathlib import Path

import pytest

from vitxplain import evaluate, load_model
from vitxplain.data.load import load_data
from vitxplain.data.subset import select

WHERE = ["pointing-game", "mass-accuracy"]


@pytest.mark.slow
def test_a_detector_is_scored(shared_folder: Path):
    build = runpy.run_path(str(shared_folder / "models" / "deimv2-femto-coco" / "build.py"))["build"]
    detector = load_model(build(), mean=0.0, std=1.0, size=416)
    photographs = load_data(shared_folder / "data" / "coco128-objects", options={"ratio": "0,0,1"})
    few = select(photographs, [0, 1, 2])  # broccoli, vase, zebra, all of which it finds
    found = evaluate(detector, few, "gradient-activation", WHERE)
    scores = {row.metric: row.score.mean for row in found if not row.control}
    assert [score.region for score in found.map_scores if score.method == "random"] == [
        "broccoli", "vase", "zebra",
    ]  # fmt: skip
    assert scores["pointing-game"] == 1.0
    assert scores["mass-accuracy"] == pytest.approx((0.944 + 0.693 + 0.981) / 3, abs=0.02)
