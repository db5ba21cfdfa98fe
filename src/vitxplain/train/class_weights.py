"""How much an image of each class counts in the loss."""

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.data.sample import DataSet


def balanced(data: DataSet) -> Float[Tensor, " label"]:
    """Each class counts as much as any other in total; the mean over images is 1. Reads every image once."""
    labels = torch.tensor([sample.label for sample in data])
    counts = torch.bincount(labels, minlength=len(data.labels)).clamp(min=1)
    return len(labels) / (len(data.labels) * counts.double())
