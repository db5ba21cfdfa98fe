"""A mark on an image is found where the geometry says, whatever processor of transformers made the input of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import transformers
from PIL import Image
from transformers.models.auto import modeling_auto
from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES

from vitxplain.errors import UsageError
from vitxplain.geometry import Geometry
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.tasks.targets.region_target import seen_places

SIZES = [(150, 230), (230, 150), (90, 270), (270, 90)]  # (height, width) of wide and tall images
PLACES = [(0.5, 0.5), (0.12, 0.85), (0.8, 0.2)]  # of the mark, in shares of what is seen
SMALLER = 4  # times: the sizes that processors come with take long
OFF = 1.0  # pixels of the coarser of image and input; a patch has 8 to 32

TASKS = ("OBJECT_DETECTION", "SEMANTIC_SEGMENTATION", "UNIVERSAL_SEGMENTATION", "IMAGE_CLASSIFICATION", "IMAGE")
OF_OTHER_MODELS = ("SamImageProcessor", "Owlv2ImageProcessor", "OwlViTImageProcessor", "ZoeDepthImageProcessor")
NO_PIXELS = {
    "ImageGPTImageProcessor": "takes colours of a palette as words",
    "MllamaImageProcessor": "of a language model",
    "Gemma3ImageProcessor": "of a language model",
    "Cohere2VisionImageProcessor": "of a language model",
    "Llama4ImageProcessor": "of a language model",
    "VideoMAEImageProcessor": "of videos",
    "VivitImageProcessor": "of videos",
    "TimmWrapperImageProcessor": "of timm, whose transforms it holds",
}
SETTINGS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "fixed padding": ("DetrImageProcessor", {"pad_size": {"height": 340, "width": 340}}),
    "fixed padding without a mask": ("YolosImageProcessor", {"pad_size": {"height": 340, "width": 400}}),
    "within a square": (
        "RTDetrImageProcessor",
        {"size": {"max_height": 160, "max_width": 160}, "do_pad": True, "pad_size": {"height": 160, "width": 160}},
    ),
    "padded segments": ("MaskFormerImageProcessor", {"pad_size": {"height": 352, "width": 384}}),
    "square of EoMT": ("EomtImageProcessor", {"do_pad": True}),
    "padding all around": ("DPTImageProcessor", {"do_pad": True, "size_divisor": 28}),
    "proportions in multiples": ("DPTImageProcessor", {"keep_aspect_ratio": True, "ensure_multiple_of": 32}),
    "crop larger than the image": ("CLIPImageProcessor", {"crop_size": {"height": 80, "width": 96}}),
    "crop of a crop": ("BeitImageProcessor", {"do_center_crop": True, "crop_size": {"height": 40, "width": 48}}),
    "crop without resizing": (
        "MobileViTImageProcessor",
        {"do_resize": False, "do_center_crop": True, "crop_size": {"height": 120, "width": 120}},
    ),
    "share of the image": ("ConvNextImageProcessor", {"size": {"shortest_edge": 56}, "crop_pct": 0.8}),
    "reduced labels": ("SegformerImageProcessor", {"do_reduce_labels": True}),
}


def _names(backend: str) -> list[str]:
    """Every image processor that a model of these tasks comes with in this backend."""
    models = {model for task in TASKS for model in getattr(modeling_auto, f"MODEL_FOR_{task}_MAPPING_NAMES")}
    own = {IMAGE_PROCESSOR_MAPPING_NAMES[model].get(backend) for model in models & IMAGE_PROCESSOR_MAPPING_NAMES.keys()}
    others = {f"{name}Pil" if backend == "pil" else name for name in OF_OTHER_MODELS}
    return sorted(name for name in own | others if name and name.removesuffix("Pil") not in NO_PIXELS)


def _smaller(name: str, settings: Mapping[str, Any] = {}) -> Processor:
    """A processor as it comes, with its sizes a quarter of what they are; sizes in `settings` are as they are."""
    processor = getattr(transformers, name)(**settings)
    for attribute in ("size", "crop_size", "pad_size"):
        sides = getattr(processor, attribute, None)
        if sides is not None and attribute not in settings:
            given = {key: value for key, value in dict(sides).items() if value}
            setattr(processor, attribute, type(sides)(**{key: value // SMALLER for key, value in given.items()}))
    return wrap_processor(processor)


def _off(processor: Processor, size: tuple[int, int], place: tuple[float, float]) -> float:
    """How far from its place a mark is found, in pixels of the coarser of image and input."""
    geometry = processor.geometry(size)
    pixel = _pixel(geometry)
    side = round(2 * max(1.0, *pixel))
    top, left, bottom, right = geometry.visible
    down, across = (
        int(low + share * (high - low)) - side // 2
        for share, low, high in zip(place, (top, left), (bottom, right), strict=True)
    )
    plain = np.full((*size, 3), 60, np.uint8)
    marked = plain.copy()
    marked[down : down + side, across : across + side] = 250
    without, shown = (processor([Image.fromarray(image)])[0].double().numpy() for image in (plain, marked))
    weight = np.abs(shown - without).sum(0)
    weight[weight < 0.25 * weight.max()] = 0
    weight *= seen_places(geometry, geometry.input_size)  # padding may mirror the mark
    assert weight.any(), "the mark is not where the image is said to be"
    found = [
        low + (weight.sum(1 - axis) @ (np.arange(count) + 0.5)) / weight.sum() / count * (high - low)
        for axis, (low, high, count) in enumerate(
            zip(geometry.box[:2], geometry.box[2:], geometry.input_size, strict=True)
        )
    ]
    return max(
        abs(at - (start + side / 2)) / max(1.0, scale)
        for at, start, scale in zip(found, (down, across), pixel, strict=True)
    )


def _pixel(geometry: Geometry) -> tuple[float, float]:
    """(height, width) of a pixel of the input, in pixels of the image."""
    (top, left, bottom, right), (rows, columns) = geometry.box, geometry.input_size
    return (bottom - top) / rows, (right - left) / columns


def _check(processor: Processor) -> None:
    off = {(size, place): _off(processor, size, place) for size in SIZES for place in PLACES}
    assert max(off.values()) < OFF, {key: value for key, value in off.items() if value >= OFF}


@pytest.mark.parametrize("name", _names("pil"))
def test_every_processor(name: str) -> None:
    _check(_smaller(name))


@pytest.mark.peers
@pytest.mark.parametrize("name", _names("torchvision"))
def test_every_processor_of_torchvision(name: str) -> None:
    _check(_smaller(name))


@pytest.mark.parametrize("kind", SETTINGS)
def test_settings(kind: str) -> None:
    name, settings = SETTINGS[kind]
    _check(_smaller(f"{name}Pil", settings))


def test_a_processor_that_turns_images_is_refused() -> None:
    processor = wrap_processor(
        transformers.DonutImageProcessorPil(size={"height": 320, "width": 240}, do_align_long_axis=True)
    )
    _off(processor, (230, 150), (0.5, 0.5))
    with pytest.raises(UsageError, match=r"turns or mirrors the image.*rotate\(270, expand=True\)"):
        processor.geometry((150, 230))


def test_a_processor_that_cuts_images_into_parts_is_refused_and_can_be_told_not_to() -> None:
    own = transformers.EomtImageProcessorPil(do_split_image=True, size={"shortest_edge": 64, "longest_edge": None})
    processor = wrap_processor(own)
    square, wide = Image.new("RGB", (90, 90)), Image.new("RGB", (180, 90))
    assert processor([square, square]).shape == (2, 3, 64, 64)
    with pytest.raises(UsageError, match=r"of 90 x 180 px into parts \(2 inputs.*--image-size 64x64"):
        processor.groups([square, wide])
    _check(wrap_processor(own, (64, 64)))
