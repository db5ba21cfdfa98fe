"""The model card as others will read it."""

from pathlib import Path

import pytest
import yaml

from vitxplain.data.synthetic.digits import Digits
from vitxplain.train.config.options import Preset, TrainOptions
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.model_card import model_card
from vitxplain.train.records.result import RunResult

RESULT = RunResult(Path("run"), 60, 40, 9.0, {"test": {"loss": 0.5, "accuracy": 0.75, "images": 12}})


def card(model: str, data: str, tags: str = "", licence: str = "", **others: object) -> str:
    config = RunConfig(model, data, TrainOptions(tags=tags, license=licence), **others)  # type: ignore[arg-type]
    return model_card(config, RESULT, Digits().labels, 60, 1000).decode()


def header(text: str) -> dict:
    return yaml.safe_load(text.split("---")[1])


def test_folders_go_by_their_names_alone(tmp_path: Path):
    data, run, masks = tmp_path / "photos", tmp_path / "runs" / "first", tmp_path / "masks"
    (run / "model").mkdir(parents=True)
    data.mkdir()
    text = card(str(run / "model"), str(data), data_options={"masks": str(masks)})
    assert str(tmp_path) not in text
    assert "# first on photos\n" in text
    assert "vitx train --model ./first --data ./photos -o data.masks=masks" in text
    assert header(text)["tags"] == ["photos"]
    assert "datasets" not in header(text)


def test_ids_of_the_hub_stay():
    text = card("owner/vit", "owner/flowers")
    assert "# owner/vit on owner/flowers" in text
    assert "vitx train --model owner/vit --data owner/flowers" in text
    assert header(text)["datasets"] == ["owner/flowers"]


def test_tags_stand_in_the_header():
    assert header(card("owner/vit", "owner/flowers", tags="night, test: 2"))["tags"] == ["night", "test: 2"]
    assert header(card("scratch", "digits", tags="baseline"))["tags"] == ["digits", "baseline"]
    assert "tags" not in header(card("owner/vit", "owner/flowers"))


def test_the_header_says_what_the_hub_shows_of_a_model():
    facts = header(card("vit-base", "owner/flowers", licence="apache-2.0"))
    assert facts["base_model"] == "google/vit-base-patch16-224"
    assert facts["license"] == "apache-2.0"
    (entry,) = facts["model-index"]
    (result,) = entry["results"]
    assert result["dataset"] == {"name": "owner/flowers", "type": "owner/flowers", "split": "test"}
    assert result["metrics"] == [{"type": "accuracy", "value": 0.75, "name": "accuracy"}]


def test_the_header_claims_nothing_of_a_model_from_scratch():
    facts = header(card("scratch", "digits"))
    assert {"base_model", "license"}.isdisjoint(facts)
    assert header(card("scratch", "digits", tags="<b>: \x1b"))["tags"] == ["digits", "<b>: \x1b"]
    assert "<b>" not in card("scratch", "digits", tags="<b>: \x1b")


def test_curves_stand_in_the_card_where_they_lie_beside_it():
    config = RunConfig("scratch", "digits", TrainOptions())
    cards = [model_card(config, RESULT, Digits().labels, 60, 1000, picture=one) for one in ("curves.png", None)]
    assert ["(curves.png)" in one.decode() for one in cards] == [True, False]


def test_a_single_evaluation_is_no_choice():
    config = RunConfig("scratch", "digits", TrainOptions())
    one, two = (model_card(config, RESULT, Digits().labels, 60, 1000, evaluations=count).decode() for count in (1, 2))
    assert "those of step 40, the only one that was evaluated, on the validation split; training took" in one
    assert "those of step 40, the best of 60 by accuracy on the validation split; training took" in two


def test_figures_say_of_how_many_images_and_how_sure_they_are():
    assert "| test | 12 | 75.00% | 46.8% to 91.1% | 0.5000 |" in card("scratch", "digits")


@pytest.mark.parametrize("preset", ["one-batch", "overfit"])
def test_what_was_learnt_by_heart_is_called_so(preset: Preset):
    figures = {"loss": 0.5, "accuracy": 0.75, "images": 12}
    result = RunResult(Path("run"), 60, 40, 9.0, {"validation": figures, "test": figures})
    text = model_card(
        RunConfig("scratch", "digits", TrainOptions(preset=preset)), result, Digits().labels, 60, 1000
    ).decode()
    assert "| validation (the training images themselves) | 12 |" in text
    assert "by accuracy on the training images themselves;" in text
    assert "- Validation was on the training images themselves: they show" in text
    assert "flatter" not in text


def test_what_chose_the_weights_flatters():
    assert "so they flatter a little; those of the test split do not." in card("scratch", "digits")
