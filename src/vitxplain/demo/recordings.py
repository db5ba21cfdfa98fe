"""The demo's recordings: what the models in the box attend to, their maps and the truth, for the viewer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from vitxplain.data.sample import Mask, Sample
from vitxplain.data.synthetic.digits import Digits
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.demo.scene_part import ScenePart
from vitxplain.explanation.explanation import Explanation
from vitxplain.inspect.live.image_record import RecordOptions
from vitxplain.inspect.live.recorder import Recorder
from vitxplain.inspect.recording import Recording, records
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.detection import Detection

FOLDER: Final = "recordings"  # within the demo's; each data set has a run of its name in it
TRUTH: Final = "the truth"  # what the true pixels are called among the maps


def record_demo(
    folder: Path,
    model: VisionModel,
    samples: Sequence[Sample],
    maps: Mapping[str, Sequence[Explanation]],
    scenes: Sequence[ScenePart],
) -> Recording:
    """Record digits as a transformer sees them, with their maps, and the scenes of the detector.

    Raises:
        OutputError: the folder cannot be written.
    """
    for number, sample in enumerate(samples):
        explanations = [explained[number] for explained in maps.values()]
        _record(folder / FOLDER / Digits.name, model, sample, explanations, sample.object_mask())
    for part in scenes:
        if part.task != Detection.name:  # the segmenter is a CNN, which has no attention to record
            continue
        detector = load_model(part.model, device="cpu")
        for scene in part.shown:
            _record(folder / FOLDER / Scenes.name, detector, scene.sample, scene.explanations, _digits(scene.sample))
    return records(folder / FOLDER)


def _record(
    run: Path, model: VisionModel, sample: Sample, explanations: Sequence[Explanation], true_pixels: Mask
) -> None:
    truth = [_truth(explanations[0], true_pixels)] if explanations else []
    recorder = Recorder(model, run, RecordOptions(explanations=(*explanations, *truth)))
    recorder.add([sample.image], names=[sample.name.rpartition("/")[-1]])


def _digits(scene: Sample) -> Mask:
    """True on every digit of a scene."""
    masks = [labelled.mask for labelled in scene.objects or () if labelled.mask is not None]
    return np.logical_or.reduce([*masks, np.zeros((scene.image.height, scene.image.width), bool)])


def _truth(explanation: Explanation, pixels: Mask) -> Explanation:
    """The true pixels as a map, over the same image."""
    return replace(explanation, method=TRUTH, target=None, axes="row column", values=pixels.astype(np.float32))
