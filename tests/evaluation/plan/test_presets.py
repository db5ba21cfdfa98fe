"""The presets, each against a loop written from its definition."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score, precision_recall_fscore_support
from torch import Tensor

from tests.evaluation.small_models import small_cnn
from vitxplain import evaluate, explain
from vitxplain.data.load import load_data
from vitxplain.errors import DataError, UnknownNameError, UsageError
from vitxplain.evaluation.plan.presets import MODELS, default_runs
from vitxplain.evaluation.report.matrix import summary
from vitxplain.evaluation.report.summary import save_summary
from vitxplain.evaluation.run import evaluate_each
from vitxplain.models.processors.processor import Processor


def test_deepvisionxplain_is_its_definition():
    data = load_data("defects", limit=12)
    model = small_cnn(("good", "defect"), data)
    found = evaluate(model, data, preset="deepvisionxplain")
    marked, there, sure = [], [], []
    for sample in data:
        one = explain(model, sample.image, "cam", target="defect")
        positive = one.target.probability
        heat = one.heatmap()
        scaled = (heat - heat.min()) / np.ptp(heat)
        marked.append(scaled > 0.5 if positive > 0.5 else np.zeros(heat.shape, bool))
        there.append(sample.mask)
        sure.append(positive > 0.5)
    assert 2 <= sum(sure) <= 10
    pooled = {row.metric: row.pooled.mean for row in found if row.method == "cam"}
    guess, truth = (np.concatenate([one.ravel() for one in those]) for those in (marked, there))
    precision, recall, f1, _ = precision_recall_fscore_support(truth, guess, average="binary")
    expected = {
        "pixel-accuracy": (guess == truth).mean(),
        "f1": f1,
        "precision": precision,
        "recall": recall,
        "iou": (guess & truth).sum() / (guess | truth).sum(),
    }
    assert pooled == pytest.approx(expected)
    assert f"SmallCNN: nothing is marked on {12 - sum(sure)} of 12 images." in found.notes
    assert {row.method for row in found if not row.control} == {"cam"}  # rollout does not fit, which is no failure
    assert not found.failures
    assert found.costs[0].parameters == 8 * 3 * 25 + 8 + 2 * 8 + 2


def test_a_model_that_crops_sees_all_of_the_square_of_chefer():
    small = small_cnn(("good", "defect"), load_data("defects", limit=2))
    inner = small.processor

    def centre(images: Sequence[Image.Image]) -> Tensor:
        return inner(
            [
                image.crop((image.width // 4, image.height // 4, 3 * image.width // 4, 3 * image.height // 4))
                for image in images
            ]
        )

    cropping = small.changed(processor=Processor.observed(centre))
    assert cropping.processor.geometry((224, 224)).crops
    rows = [
        [row.score.mean for row in evaluate(model, "defects", "grad-cam", preset="chefer", limit=3) if not row.control]
        for model in (small, cropping)
    ]
    assert rows[1] == pytest.approx(rows[0], abs=0.02)  # bicubic, where the small model is bilinear


def test_chefer_is_its_definition():
    data = load_data("digits", limit=5, size=(48, 70))
    found = evaluate("demo-vit", data, preset="chefer")
    assert set(found.fingerprint["methods"]["demo-vit"]) >= {"gradient-attention", "attention-rollout", "raw-attention"}
    assert "start_layer=1" in found.fingerprint["methods"]["demo-vit"]["attention-rollout"]
    right = wrong = 0
    inside, outside, precisions, chefers = np.zeros(2), np.zeros(2), [], []
    for sample in data:
        image = sample.image.resize((224, 224), Image.Resampling.BILINEAR)
        mask = np.asarray(Image.fromarray(sample.mask).resize((224, 224), Image.Resampling.NEAREST))
        heat = explain("demo-vit", image, "rollout", start_layer=1).heatmap()
        heat = (heat - heat.min()) / np.ptp(heat)
        here = heat > heat.mean()
        right, wrong = right + (here == mask).sum(), wrong + (here != mask).sum()
        inside += [(here & mask).sum(), (~here & ~mask).sum()]
        outside += [(here | mask).sum(), (~here | ~mask).sum()]
        precisions.append(average_precision_score(mask.ravel(), heat.ravel()))
        both = np.concatenate([~mask.ravel(), mask.ravel()]), np.concatenate([1 - heat.ravel(), heat.ravel()])
        chefers.append(average_precision_score(*both))
    rows = {row.metric: row for row in found if row.method == "attention-rollout"}
    assert rows["pixel-accuracy"].pooled.mean == pytest.approx(right / (right + wrong))
    assert rows["mean-iou"].pooled.mean == pytest.approx((inside / outside).mean())
    assert rows["average-precision"].score.mean == pytest.approx(np.mean(precisions), abs=1e-5)
    assert rows["average-precision:background"].score.mean == pytest.approx(np.mean(chefers), abs=1e-5)
    (line,) = [line for line in summary({"digits": found}) if line.method == "attention-rollout"]
    assert line.scores["mean-iou"] == rows["mean-iou"].pooled


def test_the_model_sees_the_whole_squashed_image():
    data = load_data("digits", limit=2, size=(48, 70))
    found = evaluate("demo-vit", data, "rollout", preset="chefer")
    sample = found.data[0]
    assert sample.image.size == (224, 224)
    assert sample.mask.shape == (224, 224)
    geometry = found.entries[0].open().model.processor.geometry((224, 224))
    assert not geometry.crops


def test_models_of_other_classes_are_left_out(tmp_path: Path):
    digits, defects = load_data("digits", limit=4), load_data("defects", limit=4)
    both = ["demo-cnn", small_cnn(("good", "defect"), defects)]
    found = evaluate_each(both, [digits, defects], preset="deepvisionxplain", out=tmp_path)
    assert {name: {row.model for row in one} for name, one in found.items()} == {
        "digits": {"demo-cnn"}, "defects": {"SmallCNN"}
    }  # fmt: skip
    assert found["digits"].left_out[0].startswith("SmallCNN is left out: its classes (good, defect) are not those")
    assert {path.name for path in tmp_path.iterdir()} == {"digits", "defects"}
    save_summary(found, tmp_path, {name: tmp_path / name for name in found})
    page = (tmp_path / "table.md").read_text()
    assert "| digits | demo-cnn | cam |" in page
    assert "[digits](digits/evaluation.md), [defects](defects/evaluation.md)." in page
    assert "| defects | SmallCNN | *smoothed edges* (control) |" in page
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 1 + 2 * 5
    with pytest.raises(DataError, match="demo-cnn is left out"):
        evaluate("demo-cnn", defects, preset="deepvisionxplain")


def test_the_table_of_all_says_what_beats_the_controls(tmp_path: Path):
    found = {
        "digits": evaluate("demo-vit", "digits", ["rollout", "grad-cam"], ["average-precision", "entropy"], limit=6)
    }
    assert {row.method: row.verdict for row in found["digits"] if row.lead} == {
        "attention-rollout": "yes", "grad-cam": "no"
    }  # fmt: skip
    save_summary(found, tmp_path, {"digits": tmp_path})
    lines = (tmp_path / "table.md").read_text().splitlines()
    rollout, cam = (next(line for line in lines if f"| {one} |" in line) for one in ("attention-rollout", "grad-cam"))
    assert [cell[:3].count("*") for cell in rollout.split(" | ")] == [0, 0, 0, 2, 0]
    assert cam.count("(worse)") == 1
    head, *rows = (line.split(",") for line in (tmp_path / "table.csv").read_text().splitlines())
    place = head.index("average-precision beats controls")
    assert [row[place] for row in rows] == ["yes", "no", "", "", "", ""]
    assert {row[head.index("entropy beats controls")] for row in rows} == {""}


def test_data_for_which_no_model_is_left_are_left_out(tmp_path: Path):
    sets = [load_data(name, limit=2) for name in ("defects", "digits")]
    found = evaluate_each(["demo-cnn", "demo-vit"], sets, preset="deepvisionxplain", out=tmp_path)
    assert list(found) == ["digits"]
    (said,) = found["digits"].left_out
    assert said.startswith("defects is left out: no model has the classes of the data (good, defect). demo-cnn is left")
    save_summary(found, tmp_path, {name: tmp_path / name for name in found})
    assert "\n- defects is left out: " in (tmp_path / "table.md").read_text()
    with pytest.raises(DataError, match="defects is left out: no model has the classes"):
        evaluate_each(["demo-cnn"], sets[:1], preset="deepvisionxplain", out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_missing_runs_are_named_with_the_command_that_makes_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refused:
        evaluate_each(None, ["digits", "defects"], preset="deepvisionxplain")
    lines = str(refused.value).splitlines()
    assert "of the 12 runs of the preset deepvisionxplain 12 are missing" in lines[0]
    assert len(lines) == 13
    assert (
        "  vitx train --model torchvision:efficientnet_v2_s -o cut_at=features.6.0.block.0 --data defects --out "
        "vitx-runs/deepvisionxplain/efficientnet-v2-s-cut-defects"
    ) in lines
    run = tmp_path / "vitx-runs" / "deepvisionxplain" / "deit-tiny-digits"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("model: scratch\n")
    with pytest.raises(UsageError, match="vitx train --out vitx-runs/deepvisionxplain/deit-tiny-digits --resume"):
        default_runs(["digits"])


def test_what_a_preset_does_not_take():
    with pytest.raises(UnknownNameError, match="Did you mean chefer"):
        evaluate("demo-vit", "digits", preset="cheffer", limit=2)
    with pytest.raises(UsageError, match="says which metrics there are"):
        evaluate("demo-vit", "digits", metrics="iou", preset="chefer", limit=2)
    with pytest.raises(UsageError, match="name at least one model"):
        evaluate(None, "digits", preset="chefer", limit=2)
    with pytest.raises(UsageError, match="two data sets are called digits"):
        evaluate_each("demo-vit", ["digits", "digits"], limit=2)


def test_scores_of_a_preset_and_others_do_not_share_a_folder(tmp_path: Path):
    evaluate("demo-vit", "digits", "rollout", preset="chefer", limit=2, out=tmp_path)
    with pytest.raises(UsageError, match="holds scores of the preset chefer; now it is no preset"):
        evaluate("demo-vit", "digits", "rollout", "iou", limit=2, out=tmp_path)


def test_there_are_six_models_and_four_are_cnns():
    assert len(MODELS) == 6
    assert sum("torchvision:" in start for start in MODELS.values()) == 4
    assert sum("cut_at" in start for start in MODELS.values()) == 2
