"""Tiny detectors, segmenters and encoders of transformers, and what is found when they are tried."""

from functools import lru_cache, partial
from typing import Any, Final

from tests.sweeps import detector_models, encoder_models, segmenter_models
from tests.sweeps.task_trials import TaskTrial, facts, tried
from vitxplain.errors import ModelLoadError
from vitxplain.models.loading.load import load_model

WANT_TEXT: Final = [
    "GroundingDinoForObjectDetection",
    "MMGroundingDinoForObjectDetection",
    "OmDetTurboForObjectDetection",
]
FAMILIES: Final = {
    "detectors": [name for name in detector_models.DETECTORS if name.endswith("ObjectDetection")],
    "segmenters": list(segmenter_models.SEGMENTERS),
    "encoders": list(encoder_models.ENCODERS),
}
REFUSED: Final = dict.fromkeys(WANT_TEXT, "wants text")
NAMES: Final = [(family, name) for family, names in FAMILIES.items() for name in names]
TRIED: Final = [pair for pair in NAMES if pair[1] not in REFUSED]


def built(family: str, name: str) -> tuple[Any, tuple[int, int]]:
    """The module, and the (height, width) of its images."""
    if family == "detectors":
        return detector_models.detector(name), detector_models.SIZE
    if family == "segmenters":
        return segmenter_models.segmenter(name), segmenter_models.SIZES.get(name, segmenter_models.SIZE)
    return encoder_models.encoder(name), encoder_models.encoder_size(name)


@lru_cache(maxsize=1)  # the tests ask for each in turn
def task_trial(family: str, name: str) -> TaskTrial:
    """What comes of a model of this class."""
    module, size = built(family, name)
    return tried(name, module, partial(load_model, **stated(name, size)))


def stated(name: str, size: tuple[int, int]) -> dict[str, Any]:
    """How images become its input."""
    if name.startswith("OneFormer"):
        return {"processor": segmenter_models.told_its_task()}
    return {"mean": 0.5, "std": 0.5, "size": size}


def refusal(family: str, name: str) -> str:
    """Why a model of this class is not explained."""
    module, size = built(family, name)
    try:
        load_model(module, mean=0.5, std=0.5, size=size)
    except ModelLoadError as error:
        return str(error)
    raise AssertionError(f"{name} opened")


def rows(family: str) -> dict[str, Any]:
    """The table of one family."""
    return {
        name: {"refused": refusal(family, name)} if name in REFUSED else facts(task_trial(family, name).model)
        for name in sorted(FAMILIES[family])
    }
