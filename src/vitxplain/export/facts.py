"""Metadata of the file: classes, preprocessing, method, model, versions."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from PIL import Image

from vitxplain import registry
from vitxplain.explainers.base import Explainer
from vitxplain.explanation.provenance import model_facts, versions
from vitxplain.explanation.record import plain
from vitxplain.models.processors.processor import Processor
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification


def metadata(model: VisionModel, explainer: Explainer) -> dict[str, str]:
    """ONNX metadata_props: `method` as it is, everything else as JSON."""
    facts: dict[str, Any] = {
        "options": asdict(explainer),  # type: ignore[call-overload]  # methods are dataclasses
        "classes": [model.labels[index] for index in sorted(model.labels)],
        "probabilities_by": model.task.activation if isinstance(model.task, Classification) else "softmax",
        "map_of": "the top class" if explainer.class_specific else "no class",
        "preprocessing": preprocessing(model.processor),
        "model": model_facts(model),
        "versions": versions(),
    }
    return {
        "method": registry.name_of("explainers", type(explainer)),
        **{name: json.dumps(plain(fact), ensure_ascii=False) for name, fact in facts.items()},
    }


def preprocessing(processor: Processor) -> Mapping[str, Any]:
    """How an image becomes pixel_values, measured: size, mean and std (of values in [0, 1]), and how it is fitted.

    mean and std are None where the processor is no such formula.
    """
    black, white, grey = (_centre(processor, level) for level in (0, 255, 102))
    facts = {
        "size": list(processor.input_size),
        "channels": "RGB" if len(black) == 3 else "L",
        "fit": _fit(processor),
        "mean": None,
        "std": None,
        "processor": processor.name,
    }
    if any(abs(high - low) < 1e-6 for low, high in zip(black, white, strict=True)):
        return facts
    std = [1 / (high - low) for low, high in zip(black, white, strict=True)]
    mean = [-low * spread for low, spread in zip(black, std, strict=True)]
    expected = [(102 / 255 - centre) / spread for centre, spread in zip(mean, std, strict=True)]
    if max(abs(one - other) for one, other in zip(expected, grey, strict=True)) > 1e-3:
        return facts
    return facts | {"mean": [round(one, 5) for one in mean], "std": [round(one, 5) for one in std]}


def _centre(processor: Processor, level: int) -> list[float]:
    pixels = processor([Image.new("RGB", (64, 64), (level,) * 3)])[0]
    centre: list[float] = pixels[:, pixels.shape[1] // 2, pixels.shape[2] // 2].double().tolist()
    return centre


def _fit(processor: Processor) -> str:
    """What happens to an image of other proportions."""
    height, width = 200, 400
    top, left, bottom, right = processor.geometry((height, width)).box
    inside = top > 1 or left > 1 or bottom < height - 1 or right < width - 1
    beyond = top < -1 or left < -1 or bottom > height + 1 or right > width + 1
    return "padded" if beyond else "cropped" if inside else "stretched"
