"""The threshold "best" is chosen on validation images, for each method, and used on others."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.data.stored import save_mask, save_picture
from vitxplain import evaluate, explain
from vitxplain.data.load import load_data
from vitxplain.data.subset import spread
from vitxplain.errors import UsageError
from vitxplain.metrics.pixels import IoU

ASKED = {"methods": "grad-cam", "metrics": "iou", "limit": 6}
BEST = {"iou.threshold": "best", "iou.images": 5}


def test_it_is_the_level_that_does_best_on_validation_images(tmp_path: Path):
    found = evaluate("demo-cnn", "digits", metric_options=BEST, out=tmp_path, **ASKED)
    row = next(iter(found))
    maps = []
    for sample in spread(load_data("digits", "validation"), 5):
        heat = explain("demo-cnn", sample.image, "grad-cam").heatmap()
        maps.append(((heat - heat.min()) / np.ptp(heat), sample.mask))

    def pooled(level: float) -> float:
        hits = union = 0
        for heat, mask in maps:
            hits, union = hits + ((heat > level) & mask).sum(), union + ((heat > level) | mask).sum()
        return hits / union

    figures = [pooled(level / 100) for level in range(100)]
    assert row.threshold == pytest.approx(int(np.argmax(figures)) / 100)
    fixed = evaluate("demo-cnn", "digits", metric_options={"threshold": "fixed", "level": row.threshold}, **ASKED)
    assert next(iter(fixed)).score == row.score
    controls = {one.method: one.threshold for one in found if one.control}
    assert None not in controls.values()
    assert found.records()[0]["threshold"] == row.threshold
    found.save(tmp_path)
    assert f"| > {row.threshold:.2f} |" in (tmp_path / "evaluation.md").read_text()
    assert json.loads((tmp_path / "evaluation.json").read_text())["rows"][0]["threshold"] == row.threshold


def test_a_later_run_keeps_what_was_chosen(tmp_path: Path):
    first = evaluate("demo-cnn", "digits", metric_options=BEST, out=tmp_path, **ASKED)

    note = (tmp_path / "thresholds.json").read_text()
    again = evaluate("demo-cnn", "digits", metric_options=BEST, out=tmp_path, **ASKED)
    assert again.records() == first.records()
    assert (tmp_path / "thresholds.json").read_text() == note
    evaluate("demo-cnn", "digits", out=tmp_path, overwrite=True, **ASKED)
    assert not (tmp_path / "thresholds.json").exists()


def test_never_on_the_images_that_are_scored():
    with pytest.raises(UsageError, match="which is the one to be scored"):
        evaluate("demo-cnn", "digits", "grad-cam", [IoU(threshold="best")], split="validation", limit=2)
    with pytest.raises(UsageError, match="give them as validation="):
        evaluate("demo-cnn", load_data("digits", limit=2), "grad-cam", [IoU(threshold="best")])
    own = load_data("digits", "validation", limit=3)
    found = evaluate("demo-cnn", load_data("digits", limit=2), "grad-cam", [IoU(threshold="best")], validation=own)
    assert 0 < next(iter(found)).threshold < 1


def test_data_without_validation_images_name_the_options(tmp_path: Path):
    for name in ("a", "b"):
        for number in range(2):
            save_picture(tmp_path / "images" / name / f"{number}.png")
            save_mask(tmp_path / "masks" / name / f"{number}.png", (0, 0, 2, 2))
    with pytest.raises(UsageError) as error:
        evaluate(
            "demo-cnn",
            str(tmp_path),
            "grad-cam",
            "iou",
            metric_options={"threshold": "best"},
            data_options={"ratio": "0,0,1"},
        )
    assert str(error.value).startswith("iou.threshold=best chooses the threshold on validation images")
    assert "-o data.ratio=" in str(error.value)
    assert "-o iou.threshold=otsu" in str(error.value)
