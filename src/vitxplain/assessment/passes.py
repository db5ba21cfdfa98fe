"""A detector or segmenter on every image of a data set, batch by batch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import DataError, VitxplainError
from vitxplain.geometry import Geometry
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import TaskOutputs
from vitxplain.tasks.leaves import detached
from vitxplain.tasks.targets.per_image import row


@dataclass(frozen=True, eq=False)
class Pass:
    """What the model says of one image; `outputs` keep their batch axis."""

    index: int  # in the data set
    sample: Sample = field(repr=False)
    outputs: TaskOutputs = field(repr=False)
    geometry: Geometry = field(repr=False)


def passes(
    model: VisionModel,
    data: DataSet,
    *,
    batch_size: int,
    skipped: list[str],
    progress: Callable[[int], object],
) -> Iterator[Pass]:
    """Every image that can be read, in order; of the others `skipped` gets why. Only a batch is in memory at a time.

    Raises:
        ImageError: a damaged image in a strict set.
        DataError: not one image could be read.
        VitxplainError: the outputs for an image are not finite.
    """
    several = 0
    with undisturbed(model.module):
        for start in range(0, len(data), batch_size):
            part = range(start, min(start + batch_size, len(data)))
            samples = dict(readable(data, lambda _, error: skipped.append(str(error)), part))
            several += len(samples)
            yield from sorted(_of_batch(model, samples), key=lambda run: run.index) if samples else []
            progress(len(part))
    if not several:
        raise DataError(f"not one image of {data.name} ({data.split}) can be read. {' '.join(skipped[:3])}".strip())


def _of_batch(model: VisionModel, samples: dict[int, Sample]) -> Iterator[Pass]:
    order = list(samples)
    for positions, pixel_values in model.processor.groups([sample.image for sample in samples.values()]):
        size = samples[order[positions[0]]].image.size
        of_part = model.on_part(model.processor.image_part((size[1], size[0])))
        with torch.no_grad():
            outputs = {role: tensor.cpu() for role, tensor in detached(of_part.outputs(pixel_values)).items()}
        for number, position in enumerate(positions):
            sample, alone = samples[order[position]], row(outputs, number)
            if not all(bool(torch.isfinite(tensor).all()) for tensor in alone.values()):
                raise VitxplainError(
                    f"the outputs of {model.source} are not finite for {sample.name}: numbers overflowed on the way; "
                    "try --dtype float32, or a checkpoint trained soundly."
                )
            geometry = model.processor.geometry((sample.image.height, sample.image.width))
            yield Pass(order[position], sample, alone, of_part.frame(geometry))
