"""Compares onnxruntime with PyTorch on the same images, in batches of several sizes.

What is compared with is found on other roads than the traced one: probabilities by a pass without hooks, the map by the
pass that `explain` makes, and cam's map by what it promises of the logit as well.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from PIL import Image

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.passes.choose import name_of
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explanation.heatmap import patch_map
from vitxplain.export.graph import INPUT, OUTPUTS
from vitxplain.models.plain_pass import plain_pass
from vitxplain.models.processors.processor import Processor
from vitxplain.models.vision_model import VisionModel
from vitxplain.types import PixelValues

BATCHES = (1, 2, 5)
TOLERANCE = 1e-4
_ERRORS_ONLY = 3


def largest_differences(graph: bytes, model: VisionModel, explainer: Explainer) -> Mapping[str, float]:
    """By output, how far onnxruntime is from PyTorch at most, as a share of the output's largest value.

    The map of cam is as far away as its mean plus the head's bias is from the logit, where that is more.

    Raises:
        UnsupportedModelError: onnxruntime does not run the graph, or gives other shapes.
    """
    differences = dict.fromkeys(OUTPUTS, 0.0)
    options = SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    try:
        session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        for count in BATCHES:
            pixels = trial_images(model.processor, count)
            by_onnx = session.run(list(OUTPUTS), {INPUT: pixels.numpy()})
            for name, expected, actual in zip(OUTPUTS, by_pytorch(model, explainer, pixels), by_onnx, strict=True):
                if expected.shape != actual.shape:
                    raise ValueError(f"{name} has the shape {actual.shape} instead of {expected.shape}")
                differences[name] = max(differences[name], _difference(expected, actual))
            if type(explainer) is CAM:
                differences["map"] = max(differences["map"], from_the_logit(model, by_onnx[1], pixels))
    except Exception as error:
        if type(error).__module__.startswith("onnxruntime") or isinstance(error, ValueError):
            raise UnsupportedModelError(f"onnxruntime cannot run the graph of {model.source}: {error}.") from error
        raise
    return differences


def by_pytorch(model: VisionModel, explainer: Explainer, pixels: PixelValues) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of a pass without hooks, and the maps of `explain`'s pass as its heat maps show them."""
    shares = model.probabilities(plain_pass(model, pixels))
    (values,) = shared_pass(model, pixels, [explainer]).maps
    axes = explainer.axes.removeprefix("batch ")
    maps = [patch_map(one, axes, name_of(explainer)) for one in values.float().numpy()]
    return shares.numpy(), np.stack(maps)


def from_the_logit(model: VisionModel, maps: np.ndarray, pixels: PixelValues) -> float:
    """How far the mean of cam's maps plus the head's bias is from the top logit, as a share of the largest number.

    0 where the network looks at part of the image: the mean is not over what was put back around its map.
    """
    probe = model.probe((pixels.shape[-2], pixels.shape[-1]))
    if probe.view is not None or probe.head_weight is None:
        return 0.0
    with undisturbed(model.module):
        logits = model.logits(pixels).float().numpy()
    top = logits.argmax(-1)
    name = probe.head_weight.name
    bias: Any = None if name is None else model.module.get_submodule(name).bias
    sums = maps.mean((1, 2)) + (0 if bias is None else bias.detach().numpy()[top])
    scale = max(float(np.abs(maps).max()), float(np.abs(logits).max()), 1e-30)
    return float(np.abs(sums - logits.max(-1)).max()) / scale


def trial_images(processor: Processor, count: int) -> PixelValues:
    """Images of coarse coloured noise, always the same, as the processor makes them ready."""
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    return processor([Image.fromarray(one).resize((256, 256), Image.Resampling.BICUBIC) for one in pixels])


def _difference(expected: np.ndarray, actual: np.ndarray) -> float:
    if not np.array_equal(np.isfinite(expected), np.isfinite(actual)):
        return float("inf")
    scale = max(float(np.abs(expected).max()), 1e-30)  # a map of zeros
    return float(np.abs(expected - actual).max()) / scale
