"""Curves of several maps at once: the same scores as alone, of fewer and fuller batches."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from tests.evaluation.small_models import small_cnn
from vitxplain import evaluate
from vitxplain.data.load import load_data
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.maps.model_queries import outputs_of
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.scoring.loop import ExplainedSample
from vitxplain.evaluation.scoring.shared_curves import SharedCurves
from vitxplain.models.processors.batches import BATCH_SIZE
from vitxplain.models.vision_model import VisionModel

METRICS = ["insertion", "deletion", "positive-perturbation"]
IMAGES, MAPS, STEPS, TENTHS = 3, 5, 4, 10


def no_curves(_: Entry, samples: Sequence[ExplainedSample]) -> Iterator[tuple[ExplainedSample, SharedCurves]]:
    """Each curve is then asked alone."""
    yield from ((sample, {}) for sample in samples)


@pytest.fixture(scope="module")
def together_and_alone() -> tuple[Evaluation, Evaluation, list[int]]:
    """The same evaluation with curves shared and each asked alone; how many images each pass of the first had."""
    data = load_data("digits", limit=IMAGES)
    model, passes = small_cnn(data.labels, data), list[int]()
    options: dict[str, Any] = {"metric_options": {"steps": STEPS, "deletion.baseline": "blur"}}
    hook = model.module.register_forward_hook(lambda _module, inputs, _outputs: passes.append(len(inputs[0])))
    together = evaluate(model, data, "grad-cam", METRICS, **options)
    hook.remove()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vitxplain.evaluation.scoring.score.shared_curves", no_curves)
        alone = evaluate(model, data, "grad-cam", METRICS, **options)
    return together, alone, passes


def test_scores_do_not_depend_on_what_is_asked_together(together_and_alone: Sequence[Any]):
    together, alone, _ = together_and_alone
    assert len(together.map_scores) == IMAGES * MAPS
    for ours, theirs in zip(together.map_scores, alone.map_scores, strict=True):
        assert ours.key == theirs.key
        for metric in METRICS:
            assert ours.scores[metric] == pytest.approx(theirs.scores[metric], abs=1e-5)
            np.testing.assert_allclose(ours.curves[metric], theirs.curves[metric], atol=2e-6)


def test_the_model_sees_full_batches_and_what_all_maps_share_once(together_and_alone: Sequence[Any]):
    _, _, passes = together_and_alone
    of_curves = IMAGES * MAPS * (2 * (STEPS + 1) + TENTHS)
    full = passes.count(BATCH_SIZE) * BATCH_SIZE
    assert full + BATCH_SIZE > 0.9 * (of_curves - 4 * IMAGES * MAPS)
    # Of the two ends of insertion and deletion four in five are known, and of perturbation the first.
    assert full < of_curves - 4 * IMAGES * (MAPS - 2)


def test_confidence_is_asked_once_of_an_image_and_once_of_each_map(monkeypatch: pytest.MonkeyPatch):
    data = load_data("digits", limit=2)
    model, asked = small_cnn(data.labels, data), list[int]()

    def counted(model: VisionModel, images: Sequence[Any]) -> Any:
        asked.append(len(images))
        return outputs_of(model, images)

    monkeypatch.setattr("vitxplain.evaluation.scoring.shared_curves.outputs_of", counted)
    monkeypatch.setattr("vitxplain.evaluation.maps.model_queries.outputs_of", counted)
    together = evaluate(model, data, "grad-cam", ["average-drop", "increase"])
    assert sum(asked) == 2 * (MAPS + 1)
    monkeypatch.setattr("vitxplain.evaluation.scoring.score.shared_curves", no_curves)
    alone = evaluate(model, data, "grad-cam", ["average-drop", "increase"])
    for ours, theirs in zip(together.map_scores, alone.map_scores, strict=True):
        assert ours.scores == pytest.approx(theirs.scores, abs=1e-5, nan_ok=True)


def test_where_the_model_fails_on_changed_images_each_map_says_so():
    data = load_data("digits", limit=2)
    model, calls = small_cnn(data.labels, data), list[int]()

    def fail(_module: torch.nn.Module, inputs: Sequence[torch.Tensor], _outputs: torch.Tensor) -> None:
        if len(inputs[0]) > len(data):  # as only curves ask
            calls.append(len(inputs[0]))
            raise RuntimeError("out of memory")

    model.module.register_forward_hook(fail)
    evaluation = evaluate(model, data, "grad-cam", ["average-precision", "deletion"], metric_options={"steps": 2})
    assert calls
    assert {failure.message for failure in evaluation.failures} == {"deletion: out of memory"}
    assert len(evaluation.failures) == 2 * MAPS
    assert all(list(scored.scores) == ["average-precision"] for scored in evaluation.map_scores)
