"""What a class of transformers is, in words, by the tables that say for what its Auto classes take it."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

CLASSIFIER: Final = "an image classifier"
DETECTOR: Final = "an object detector"
SEGMENTER: Final = "an image segmenter"
MASKS: Final = "a segmenter that finds masks"
ENCODER: Final = "an encoder without a head"

_VIDEO: Final = "a video model"

# What a model is, with the tables that list its class; the first that lists it counts.
_TABLES: Final = {
    CLASSIFIER: ("IMAGE_CLASSIFICATION",),
    DETECTOR: ("OBJECT_DETECTION",),
    SEGMENTER: ("SEMANTIC_SEGMENTATION",),
    "an object detector that wants text": ("ZERO_SHOT_OBJECT_DETECTION",),
    MASKS: ("IMAGE_SEGMENTATION", "INSTANCE_SEGMENTATION", "UNIVERSAL_SEGMENTATION"),
    "a mask generator": ("MASK_GENERATION",),
    "a depth estimator": ("DEPTH_ESTIMATION",),
    "an estimator of surface normals": ("NORMAL_ESTIMATION",),
    "an estimator of points in space": ("POINTMAP_ESTIMATION",),
    "a pose estimator": ("POSE_ESTIMATION",),
    "a keypoint detector": ("KEYPOINT_DETECTION",),
    "a matcher of two images": ("KEYPOINT_MATCHING",),
    "a matting model": ("IMAGE_MATTING",),
    "an image-to-image model": ("IMAGE_TO_IMAGE",),
    "a text recogniser": ("TEXT_RECOGNITION", "TABLE_RECOGNITION"),
    "a model that answers questions": ("VISUAL_QUESTION_ANSWERING", "DOCUMENT_QUESTION_ANSWERING"),
    "an image-text model": ("ZERO_SHOT_IMAGE_CLASSIFICATION",),
    "a video classifier": ("VIDEO_CLASSIFICATION",),
    "a model that writes text": ("IMAGE_TEXT_TO_TEXT", "MULTIMODAL_LM", "CAUSAL_LM"),
    "a model for pretraining": ("MASKED_IMAGE_MODELING", "PRETRAINING"),
    ENCODER: ("IMAGE",),
}

# Classes that the tables do not have, or say too little of.
_FURTHER: Final = {
    "CLIPSegForImageSegmentation": "a segmenter that wants text",
    "DepthProModel": "a depth estimator",
    "SegGptForImageSegmentation": "a segmenter that wants an example and its mask",
    "Swin2SRModel": "an image-to-image model",
    "VideomtForUniversalSegmentation": "a video segmenter",
    "VJEPA2Model": _VIDEO,
    "ScratchUNetForSemanticSegmentation": SEGMENTER,  # ours, which transformers does not list
}
_PLAIN_ENCODERS: Final = {"YolosModel"}  # detectors' models whose tokens are patches


def kind_of(names: Iterable[str]) -> str | None:
    """What the first of these classes that transformers lists is."""
    kinds = _kinds()
    return next((kinds[name] for name in names if name in kinds), None)


@cache
def _kinds() -> Mapping[str, str]:
    """What each class that transformers lists is, and each of ours that is no classifier."""
    kinds: dict[str, str] = dict(_FURTHER)
    for model_type, names in _listed("IMAGE"):
        if model_type in dict(_listed("VIDEO_CLASSIFICATION")):
            kinds |= dict.fromkeys(names, _VIDEO)
        if model_type in dict(_listed("OBJECT_DETECTION")):
            kinds |= dict.fromkeys(set(names) - _PLAIN_ENCODERS, "an object detector without its heads")
    for kind, tables in _TABLES.items():
        for table in tables:
            for model_type, names in _listed(table):
                finds_text = kind == DETECTOR and model_type.startswith("pp_ocr")
                for name in names:
                    kinds.setdefault(name, "a text detector" if finds_text else kind)
    return kinds


def _listed(table: str) -> list[tuple[str, tuple[str, ...]]]:
    """The types of models of a table of transformers, with their classes."""
    from transformers.models.auto import modeling_auto

    listed = getattr(modeling_auto, f"MODEL_FOR_{table}_MAPPING_NAMES", {})
    return [(kind, (names,) if isinstance(names, str) else tuple(names)) for kind, names in listed.items()]
