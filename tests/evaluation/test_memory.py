"""Several models: one at a time is in memory."""

import copy
import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from vitxplain import evaluate
from vitxplain.errors import ModelLoadError, OptionError
from vitxplain.models.loading.load import load_model
from vitxplain.models.parallel.probe import probe


def test_the_model_before_is_gone_when_the_next_is_opened(tmp_path: Path):
    alive: list[weakref.ref] = []
    opened: list[str] = []

    def load(source: Any) -> Any:
        gc.collect()
        assert not [one for one in alive if one() is not None], "two models at once"
        model = load_model(source)
        opened.append(source)
        alive.append(weakref.ref(model.module))
        return model

    models = ["demo-cnn", "demo-vit"]
    found = evaluate(models, "digits", "grad-cam", "average-precision", limit=3, load=load, cost=True)
    assert opened == [*models, *models]
    found.save(tmp_path)
    assert opened == [*models, *models, *models]  # drawn again for the sheets
    together = evaluate([load_model(one) for one in models], "digits", "grad-cam", "average-precision", limit=3)
    assert [row.score for row in together] == [row.score for row in found]


def test_one_model_is_opened_once():
    opened = []

    def load(source: Any) -> Any:
        opened.append(source)
        return load_model(source)

    evaluate("demo-cnn", "digits", "grad-cam", "entropy", limit=2, load=load)
    assert opened == ["demo-cnn"]


def test_a_name_that_cannot_be_opened_is_known_before_anything_is_scored(tmp_path: Path):
    with pytest.raises(ModelLoadError):
        evaluate(["demo-cnn", "./nowhere"], "digits", "grad-cam", "entropy", limit=2, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_option_must_be_known_to_some_method_of_some_model():
    options = {"head_fusion": "max"}
    methods = ["rollout", "grad-cam"]
    evaluate(["demo-cnn", "demo-vit"], "digits", methods, "entropy", limit=2, options=options)
    with pytest.raises(OptionError, match="did you mean head_fusion"):
        evaluate(["demo-cnn", "demo-vit"], "digits", methods, "entropy", limit=2, options={"head_fusoin": "max"})


def test_what_was_found_of_a_model_holds_when_it_is_opened_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    probed: list[str] = []

    def counted(model: Any, *arguments: Any, **options: Any) -> Any:
        probed.append(model.source)
        return probe(model, *arguments, **options)

    monkeypatch.setattr("vitxplain.models.stored_probes.finding.probe", counted)
    evaluate(["demo-cnn", "demo-vit"], "digits", "grad-cam", "entropy", limit=2).save(tmp_path)
    assert [Path(source).name for source in probed] == ["demo-cnn", "demo-vit"]


def test_what_was_found_of_another_model_is_not_taken_over():
    module = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    first, again, other = (load_model(copy.deepcopy(module), mean=0, std=1, size=8) for _ in range(3))
    other.module[0].stride = (1, 1)
    first.probe()
    assert again.knowing(first.probes).probes
    assert not other.knowing(first.probes).probes
