"""Compares onnxruntime with PyTorch on the same images, in batches of several sizes."""

from collections.abc import Mapping

import numpy as np
from onnxruntime import InferenceSession, SessionOptions
from PIL import Image

from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.base import Explainer
from vitxplain.export.graph import INPUT, OUTPUTS, two_outputs
from vitxplain.models.processors.processor import Processor
from vitxplain.models.vision_model import VisionModel
from vitxplain.types import PixelValues

BATCHES = (1, 2, 5)
TOLERANCE = 1e-4
_ERRORS_ONLY = 3


def largest_differences(graph: bytes, model: VisionModel, explainer: Explainer) -> Mapping[str, float]:
    """By output, how far onnxruntime is from PyTorch at most, as a share of the output's largest value.

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
            by_pytorch = [output.numpy() for output in two_outputs(model, explainer, pixels)]
            by_onnx = session.run(list(OUTPUTS), {INPUT: pixels.numpy()})
            for name, expected, actual in zip(OUTPUTS, by_pytorch, by_onnx, strict=True):
                if expected.shape != actual.shape:
                    raise ValueError(f"{name} has the shape {actual.shape} instead of {expected.shape}")
                differences[name] = max(differences[name], _difference(expected, actual))
    except Exception as error:
        if type(error).__module__.startswith("onnxruntime") or isinstance(error, ValueError):
            raise UnsupportedModelError(f"onnxruntime cannot run the graph of {model.source}: {error}.") from error
        raise
    return differences


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
