import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.assessment.pictures_of_shades import ShadeReader, Shades, reader
from vitxplain.assessment.assess import assess
from vitxplain.assessment.pictures import worst_headline, worst_picture
from vitxplain.errors import DataError, ImageError, OutputError, UsageError, VitxplainError
from vitxplain.models.loading.load import load_model
from vitxplain.testing.models import LABELS, tiny_vit

PAIRS = ((0, 0), (1, 1), (2, 2), (2, 0), (1, 1), (0, 2))


def test_numbers_are_those_the_model_must_give():
    found = assess(reader("dark", "middle", "light"), Shades(PAIRS), batch_size=4)
    assert found.predictions.predicted.tolist() == [0, 1, 2, 0, 1, 2]
    assert found.scores.confusion.tolist() == [[1, 0, 1, 0], [0, 2, 0, 0], [1, 0, 1, 0]]
    assert found.scores.top1 == pytest.approx(4 / 6)
    logits = torch.tensor([[-abs(shade - one) for one in range(3)] for _, shade in PAIRS], dtype=torch.float64)
    expected = nn.functional.cross_entropy(logits, torch.tensor([label for label, _ in PAIRS]), reduction="none")
    np.testing.assert_allclose(found.predictions.loss, expected, rtol=1e-6)
    np.testing.assert_allclose(found.predictions.probability, logits.softmax(-1).amax(-1), rtol=1e-6)


def test_order_of_the_models_classes_and_more_of_them_change_nothing():
    model = reader("dark", "middle", "light")
    plain = assess(model, Shades(PAIRS))
    turned = Shades(tuple((2 - label, shade) for label, shade in PAIRS), labels=("light", "middle", "dark"))
    assert assess(model, turned).scores.top1 == plain.scores.top1
    more = assess(reader("dark", "middle", "light", "white"), Shades(((0, 0), (2, 3))))
    assert more.scores.confusion.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]


def test_batch_size_changes_nothing():
    model = reader("dark", "middle", "light")
    ones, all_ = (assess(model, Shades(PAIRS), batch_size=size).predictions for size in (1, 100))
    assert (ones.loss == all_.loss).all()
    assert ones.name == all_.name


def test_worst_come_first():
    found = assess(reader("dark", "middle", "light"), Shades(PAIRS))
    assert {place: sample.name for place, sample in found.worst(2).items()} == {3: "image-3.png", 5: "image-5.png"}
    assert list(found.worst(1)) == [3]


def test_a_wrong_one_comes_before_a_right_one_of_higher_loss():
    found = assess(reader("dark", "middle", "light"), Shades(PAIRS))
    doubtful = replace(found.predictions, loss=np.array([9.0, 1, 2, 3, 4, 5]))
    assert list(replace(found, predictions=doubtful).worst(4)) == [5, 3, 0, 4]


@pytest.mark.parametrize(
    ("shown", "wrong", "said"),
    [
        (12, 134, "the worst 12 of 134 wrong"),
        (3, 3, "3 wrong"),
        (12, 2, "2 wrong, then 10 right, least sure first"),
        (4, 0, "none wrong: the 4 it is least sure of"),
    ],
)
def test_headline_says_which_are_wrong(shown: int, wrong: int, said: str):
    assert worst_headline(shown, wrong) == said


def test_captions_tell_right_from_wrong():
    found = assess(tiny_vit(), Shades(((1, 0), (2, 4), (3, 8), (4, 12)), labels=LABELS))
    picture = worst_picture(found.model, found.data, found.predictions, found.worst(4), "auto")
    words = [text.get_text() for axes in picture.axes for text in axes.texts]
    right = [one for one in words if one.endswith("right")]
    wrong = [one for one in words if "taken for" in one]
    assert len(right) + len(wrong) == 4
    assert not any("→" in one for one in words)
    assert "little" in words
    assert any("what speaks for the predicted class" in one for one in words)


def test_damaged_images_are_skipped_named_and_counted():
    found = assess(reader("dark", "middle", "light"), Shades(PAIRS, broken=(0, 4)), batch_size=2)
    assert found.predictions.index.tolist() == [1, 2, 3, 5]
    assert found.predictions.skipped == tuple(f"image-{i}.png is damaged; save it again." for i in (0, 4))


def test_strict_stops_at_a_damaged_image():
    with pytest.raises(ImageError, match="image-4.png is damaged"):
        assess(reader("dark", "middle", "light"), Shades(PAIRS, broken=(4,), strict=True))


def test_not_one_image_that_can_be_read():
    with pytest.raises(DataError, match=r"not one image of shades \(test\) can be read. image-0.png is damaged"):
        assess(reader("dark", "middle", "light"), Shades(PAIRS[:1], broken=(0,)))


def test_classes_the_model_does_not_know():
    with pytest.raises(UsageError, match="does not know 1 class of the data: 'light'"):
        assess(reader("dark", "middle"), Shades(PAIRS))


def test_logits_that_are_not_finite_are_an_error_that_names_the_image():
    module = ShadeReader(3)
    model = load_model(module, mean=0.0, std=1.0, size=(8, 8), labels=["dark", "middle", "light"])
    module.scale.data.fill_(torch.inf)
    with pytest.raises(VitxplainError, match="are not finite for image-0.png"):
        assess(model, Shades(PAIRS))


def test_model_is_left_in_training_mode_if_it_was():
    model = reader("dark", "middle", "light")
    model.module.train()
    assess(model, Shades(PAIRS))
    assert model.module.training


def test_files(tmp_path: Path):
    data = Shades(tuple((index % 5, index) for index in range(8)), labels=LABELS)
    found = assess(tiny_vit(), data)
    files = {path.name: path for path in found.save(tmp_path / "test", worst=3)}
    assert list(files) == ["test.json", "per_class.csv", "predictions.csv", "confusion.png", "worst.png"]
    facts = json.loads(files["test.json"].read_text())
    assert (facts["images"], facts["top1"], facts["loss"]) == (8, found.scores.top1, found.scores.loss)
    assert np.array(facts["confusion"]["counts"]).shape == (5, 6)
    with files["predictions.csv"].open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["name", "label", "predicted", "probability", "loss"]
    assert rows[3]["label"] == LABELS[3]
    assert sum(row["label"] == row["predicted"] for row in rows) / 8 == found.scores.top1
    assert files["per_class.csv"].read_text().startswith("class,images,precision,recall,f1\ncircle,2,")
    for name in ("confusion.png", "worst.png"):
        with Image.open(files[name]) as picture:
            assert min(picture.size) > 200


def test_files_without_maps(tmp_path: Path):
    found = assess(reader("dark", "middle", "light"), Shades(PAIRS))
    (tmp_path / "worst.png").write_text("of an earlier test")
    found.save(tmp_path, worst=0)
    assert not (tmp_path / "worst.png").exists()
    facts = json.loads((tmp_path / "test.json").read_text())
    assert facts["top5"] is None
    assert facts["top1_interval"]["low"] < facts["top1"] < facts["top1_interval"]["high"]


def test_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is in the way"):
        assess(reader("dark", "middle", "light"), Shades(PAIRS)).save(tmp_path / "file", worst=0)
