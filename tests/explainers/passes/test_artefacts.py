"""Patches whose features stand out by their length are named; on an ordinary model there is nothing to say."""

from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.console import Console

from tests.explainers import tiny
from vitxplain import explain, load_model
from vitxplain.cli.explain.lines import lines
from vitxplain.explainers.passes.artefacts import artefacts, note
from vitxplain.explanation.record import to_json


def test_a_planted_artefact_is_named_for_what_shows_tokens_and_for_nothing_else() -> None:
    module = tiny.vit_module()
    with torch.no_grad():  # the stream of one patch is long from the first layer to the last
        module.vit.embeddings.position_embeddings[0, 1 + 7] *= 1000
    model = tiny.as_model(module)
    assert (model.probe().stream_layer, model.probe().feature_layer) == ("vit.layers.2", "vit.layernorm")
    for method in ("raw-attention", "rollout", "patch-similarity", "patch-pca"):
        (made,) = explain(model, tiny.images(1), method)
        assert "1 of 15 patches (row,column 1,2) have features over 3 times as long" in made.notes[0]
    assert to_json(made)["notes"] == list(made.notes)
    assert explain(model, tiny.images(1), "grad-cam", target=0)[0].notes == ()
    console = Console(file=StringIO(), width=400)
    console.print(lines("cat.jpg", {made: [Path("a.png")]}, {}, with_target=False))
    assert "note: 1 of 15 patches" in console.file.getvalue()  # type: ignore[attr-defined]


def test_an_ordinary_model_has_none() -> None:
    (made,) = explain(tiny.load(tiny.vit_module), tiny.images(1), "raw-attention")
    assert made.notes == ()
    assert "notes" not in to_json(made)


def test_each_image_is_measured_by_its_own_median() -> None:
    features = torch.ones(2, 4, 2, 3)
    features[1] *= 100
    features[0, :, 1, 2] = 3.1
    found = artefacts(features)
    assert found.nonzero().tolist() == [[0, 1, 2]]
    assert note(found[1]) is None
    assert "13 of 20" in (note(torch.arange(20).view(4, 5) < 13) or "")
    assert "and 1 more" in (note(torch.arange(20).view(4, 5) < 13) or "")


@pytest.mark.real
def test_a_trained_model_has_none_on_photographs(deit_tiny: Path) -> None:
    from skimage import data

    model = load_model(deit_tiny)
    pictures = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    assert [made.notes for made in explain(model, pictures, "raw-attention")] == [()] * 4
