"""What a sweep asks of models that find things in an image, and of those without a head."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from tests.sweeps.checks import MAPS, own_components
from tests.sweeps.lively import noise
from tests.sweeps.snapshot import Snapshot, unusual
from vitxplain.api import explain_together
from vitxplain.explainers.passes.fit import auto_method, fitting
from vitxplain.explanation.explanation import Explanation
from vitxplain.models.vision_model import VisionModel

ATTENTION = frozenset({"cross-attention", "raw-attention", "attention-rollout"})
TRIED = ATTENTION | {"gradient-activation", "grad-cam", "patch-similarity", "patch-pca"}
BY_TARGET = frozenset({"gradient-activation", "grad-cam"})


@dataclass(frozen=True, eq=False)
class TaskTrial:
    """A model explained by the methods of `TRIED` that fit: for each method and image all that was found."""

    name: str
    model: VisionModel
    pixel_values: Tensor
    found: Mapping[str, list[list[Explanation]]]
    changed: list[str]  # what of the module was not left as found


def tried(name: str, module: nn.Module, load: Callable[[nn.Module], VisionModel]) -> TaskTrial:
    """The module as somebody may hold it, loaded and explained."""
    before = Snapshot.of(unusual(module))
    model = load(module)
    pixel_values = noise(model.processor.input_size, 2)
    fits = [method for method, reason in fitting(model).items() if reason is None and method in TRIED]
    return TaskTrial(name, model, pixel_values, explained(model, pixel_values, fits), before.differences(module))


def explained(model: VisionModel, pixel_values: Tensor, methods: list[str]) -> dict[str, list[list[Explanation]]]:
    """Everything that is found, however unsure; where that is one thing, also why it is no other class."""
    if not methods:  # an encoder of convolutions
        return {}
    if not model.task.finds:
        together = explain_together(model, pixel_values, methods, **own_components(methods))
        return {method: [[item] for item in items] for method, items in together.items()}
    targets = [_targets(model, one) for one in pixel_values]
    if any("~" in target for of_image in targets for target in of_image):  # a query alone knows no class
        methods = [method for method in methods if method != "cross-attention"]
    return explain_together(model, pixel_values, methods, target=targets, min_score=0.0)


def _targets(model: VisionModel, image: Tensor) -> list[str]:
    found = explain_together(model, image, ["gradient-activation"], min_score=0.0)["gradient-activation"].detections
    word = "object" if found[0].box is not None else "segment"
    if len(found) > 1:
        return [f"{word}:{number}" for number in range(min(len(found), 4))]
    other = next(name for name in model.labels.values() if name != found[0].name)
    return [f"{word}:0", f"{found[0].name}~{other}"]


def check_maps(trial: TaskTrial) -> None:
    """What `auto` takes comes, every map is finite and about its image, and two targets have maps of their own."""
    assert not trial.model.task.finds or auto_method(trial.model) in trial.found
    for method, images in trial.found.items():
        for items in images:
            for item in items:
                assert np.isfinite(item.values).all(), method
                assert np.ptp(item.values) > 1e-3 * np.abs(item.values).max(), f"{method} is constant"
            of_objects = items[0].target is not None and items[0].target.box is not None
            if method in BY_TARGET or (method == "cross-attention" and of_objects):
                assert any(_apart(items[0], item) for item in items[1:]), f"{method} ignores the target"
        if method in MAPS:
            assert _apart(images[0][0], images[1][0]), f"{method} ignores the image"


def _apart(first: Explanation, second: Explanation) -> bool:
    return not np.allclose(first.values, second.values, rtol=1e-3, atol=1e-3 * float(np.abs(first.values).max()))


def check_rows(trial: TaskTrial, tolerance: float = 2e-3) -> None:
    """Row 1 of a batch is that image alone, but for rounding, which is that of the CPU at hand: DETR's up to 0.12 %."""
    alone = explained(trial.model, trial.pixel_values[1:], list(trial.found))
    for method, images in trial.found.items():
        for item, expected in zip(images[1], alone[method][0], strict=True):
            allowed = tolerance * float(np.abs(expected.values).max())
            np.testing.assert_allclose(item.values, expected.values, rtol=0, atol=allowed, err_msg=method)
            assert (item.target is None) == (expected.target is None)
            if item.target is not None and expected.target is not None:
                assert (item.target.index, item.target.label) == (expected.target.index, expected.target.label)


def facts(model: VisionModel) -> dict[str, Any]:
    """One row of the table of supported models, of the methods that are tried."""
    probe, report = model.probe(), fitting(model)
    grid = probe.grid
    return {
        "input": list(probe.input_size),
        "grid": None if grid is None else [grid.rows, grid.columns, grid.num_prefix_tokens, grid.num_suffix_tokens],
        "cam_layer": [layer for layer in (probe.cam_layer, *probe.cam_branches) if layer],
        "auto": auto_method(model),
        "methods": [name for name, reason in report.items() if reason is None],
        "reasons": {name: reason for name, reason in report.items() if reason is not None and name in TRIED},
    }
