"""The predictions of a model for every image of a data set, batch by batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn import functional as F

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import DataError, VitxplainError
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification
from vitxplain.types import Logits, Scores


@dataclass(frozen=True, eq=False)
class Predictions:
    """One entry an image that could be read; classes are indices of the model.

    `rank` is how many classes the model finds more probable than the true one; `skipped` says of each image that could
    not be read why.
    """

    index: Int[np.ndarray, " image"]  # in the data set
    name: tuple[str, ...]
    label: Int[np.ndarray, " image"]
    predicted: Int[np.ndarray, " image"]
    probability: Float[np.ndarray, " image"]  # of the predicted class
    loss: Float[np.ndarray, " image"]
    rank: Int[np.ndarray, " image"]
    skipped: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class _Row:
    index: int
    name: str
    label: int
    predicted: int
    probability: float
    loss: float
    rank: int


def predict(
    model: VisionModel,
    data: DataSet,
    classes: Sequence[int],
    *,
    batch_size: int = 8,
    progress: Callable[[int], object] = lambda _: None,
) -> Predictions:
    """The model on every image of the data, of which only a batch is in memory at a time.

    Args:
        model: any classifier.
        data: labelled images; a damaged one is skipped and named, unless the set is strict.
        classes: the model's index of each class of the data.
        batch_size: images that run together.
        progress: called after each batch with how many images it took.

    Raises:
        ImageError: a damaged image in a strict set.
        DataError: not one image could be read.
        VitxplainError: the logits of an image are not finite.
    """
    rows: list[_Row] = []
    skipped: list[str] = []
    with undisturbed(model.module):
        for start in range(0, len(data), batch_size):
            part = range(start, min(start + batch_size, len(data)))
            samples = dict(readable(data, lambda _, error: skipped.append(str(error)), part))
            rows += _of_batch(model, samples, classes) if samples else []
            progress(len(part))
    if not rows:
        raise DataError(f"not one image of {data.name} ({data.split}) can be read. {' '.join(skipped[:3])}".strip())
    rows.sort(key=lambda row: row.index)

    def column(name: str, kind: type) -> np.ndarray:
        return np.array([getattr(row, name) for row in rows], kind)

    return Predictions(
        index=column("index", np.int64),
        name=tuple(row.name for row in rows),
        label=column("label", np.int64),
        predicted=column("predicted", np.int64),
        probability=column("probability", np.float64),
        loss=column("loss", np.float64),
        rank=column("rank", np.int64),
        skipped=tuple(skipped),
    )


def _of_batch(model: VisionModel, samples: dict[int, Sample], classes: Sequence[int]) -> list[_Row]:
    batch_rows = []
    order = list(samples)
    for positions, pixel_values in model.processor.groups([sample.image for sample in samples.values()]):
        logits = model.logits(pixel_values).double().cpu()
        indices = [order[position] for position in positions]
        labels = torch.tensor([classes[samples[index].label] for index in indices])
        _check_finite(model, logits, [samples[index].name for index in indices])
        probability, predicted = model.probabilities(logits).max(-1)
        own = logits.gather(1, labels[:, None])
        columns = [labels, predicted, probability, losses(model, logits, labels), (logits > own).sum(-1)]
        rows = zip(*(column.tolist() for column in columns), strict=True)
        batch_rows += [_Row(index, samples[index].name, *row) for index, row in zip(indices, rows, strict=True)]
    return batch_rows


def losses(model: VisionModel, logits: Logits, labels: Int[torch.Tensor, " batch"]) -> Scores:
    """Cross-entropy of each image, in nats; for a multi-label model its binary form, the mean over classes."""
    if isinstance(model.task, Classification) and model.task.multi_label:
        truth = F.one_hot(labels, logits.shape[-1]).to(logits)
        return F.binary_cross_entropy_with_logits(logits, truth, reduction="none").mean(-1)
    return F.cross_entropy(logits, labels, reduction="none")


def _check_finite(model: VisionModel, logits: Logits, names: Sequence[str]) -> None:
    bad = [name for name, row in zip(names, logits, strict=True) if not bool(torch.isfinite(row).all())]
    if bad:
        raise VitxplainError(
            f"the logits of {model.source} are not finite for {bad[0]}: numbers overflowed on the way; try "
            "--dtype float32, or a checkpoint trained soundly."
        )
