"""What a sweep asks of a model, whichever library it comes from."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from tests.sweeps.lively import noise
from tests.sweeps.snapshot import Snapshot, unusual
from vitxplain.api import explain_together
from vitxplain.explainers.passes.fit import auto_method, fitting
from vitxplain.explanation.explanation import Explanation
from vitxplain.models.vision_model import VisionModel

MAPS = frozenset(
    {
        "affinity-attention",
        "attention-rollout",
        "cam",
        "grad-cam",
        "gradient-activation",
        "gradient-attention",
        "gradient-rollout",
        "raw-attention",
    }
)
PLAIN_VIT = frozenset(
    {
        "affinity-attention",
        "attention-rollout",
        "raw-attention",
        "gradient-attention",
        "gradient-rollout",
        "head-distance",
    }
)


@dataclass(frozen=True, eq=False)
class Trial:
    """One model, explained by every method that fits, and what of the module was not left as found."""

    name: str
    model: VisionModel
    pixel_values: Tensor
    found: Mapping[str, list[Explanation]]
    changed: list[str]


def tried(name: str, module: nn.Module, load: Callable[[nn.Module], VisionModel]) -> Trial:
    """The module as somebody may hold it (half in training, partly frozen), loaded and explained."""
    before = Snapshot.of(unusual(module))
    model = load(module)
    pixel_values = noise(model.processor.input_size)
    found = explained(model, pixel_values, [name for name, reason in fitting(model).items() if reason is None])
    return Trial(name, model, pixel_values, found, before.differences(module))


def explained(model: VisionModel, pixel_values: Tensor, methods: Collection[str]) -> dict[str, list[Explanation]]:
    """Every method on every image, one target for all so that rounding cannot change it."""
    return explain_together(model, pixel_values, methods, target=1, **own_components(methods))


def own_components(methods: Collection[str]) -> dict[str, Any]:
    """The options by which patch PCA, the exception, takes each image as if it were alone."""
    return {"patch-pca.basis": "image"} if "patch-pca" in methods else {}


SIMILARITIES = {"patch-similarity"}  # tokens of random weights may all point nearly one way: cosines of 0.999


def check_values(found: Mapping[str, list[Explanation]]) -> None:
    """Every method's values are finite and say something; no two images are explained alike."""
    assert MAPS & found.keys(), "no map, from attention or from activations"
    for method, items in found.items():
        for item in items:
            spread = float(np.ptp(item.values))
            assert np.isfinite(item.values).all(), method
            least = 1e-5 if method in SIMILARITIES else 1e-3
            assert spread > least * float(np.abs(item.values).max()), f"{method} is constant: {item.values}"
        if method in MAPS:
            assert not np.allclose(items[0].values, items[1].values, rtol=1e-3), f"{method} ignores the image"


def check_rows(
    model: VisionModel,
    pixel_values: Tensor,
    found: Mapping[str, list[Explanation]],
    tolerance: float = 1e-4,
) -> None:
    """Row 1 of a batch is that image alone, but for rounding: `tolerance` is a share of the largest value."""
    alone = explained(model, pixel_values[1:2], list(found))
    for method, items in found.items():
        expected = alone[method][0].values
        allowed = tolerance * float(np.abs(expected).max())
        np.testing.assert_allclose(items[1].values, expected, rtol=0, atol=allowed, err_msg=method)


def check_fits(model: VisionModel, expected: Collection[str]) -> None:
    """Each of these methods fits; if not, its reason is the failure's text."""
    report = fitting(model)
    assert {name: report[name] for name in expected if report[name] is not None} == {}


def facts(model: VisionModel) -> dict[str, Any]:
    """One row of the table of supported models."""
    probe = model.probe()
    report = fitting(model)
    kinds = [layout.kind for layout in probe.layouts if layout.kind != "other"]
    grid = probe.grid
    return {
        "input": list(probe.input_size),
        "attention": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "grid": None if grid is None else [grid.rows, grid.columns, grid.num_prefix_tokens, grid.num_suffix_tokens],
        "cam_layer": probe.cam_layer,
        "auto": auto_method(model),
        "methods": [name for name, reason in report.items() if reason is None],
        "reasons": {name: reason for name, reason in report.items() if reason is not None},
    }
