"""The most probable classes, as predictions."""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from vitxplain.tasks.base import PROBABILITY, Prediction, Unit
from vitxplain.tasks.class_index import class_name


def top_classes(
    shares: Float[Tensor, "batch label"], labels: Mapping[int, str], top_k: int, unit: Unit = PROBABILITY
) -> list[Prediction]:
    """The top-k classes of each image, most probable first; all where there are fewer."""
    values, indices = shares.topk(min(top_k, shares.shape[-1]))
    return [
        Prediction(tuple(class_name(labels, index) for index in chosen), tuple(chosen), tuple(row), unit)
        for row, chosen in zip(values.tolist(), indices.tolist(), strict=True)
    ]
