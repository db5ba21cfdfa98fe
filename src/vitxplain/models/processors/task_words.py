"""The task in words, for segmenters that are told what to do (OneFormer, arXiv 2211.06220)."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import torch
from jaxtyping import Int
from torch import Tensor

from vitxplain.types import PixelValues

TASK: Final = "the task is panoptic"  # everything there is, things and stuff


@dataclass(frozen=True, eq=False)
class TaskWords:
    """From pixel_values to the keyword arguments of a forward that is told its task.

    `tokenizer` is the one the model came with, `length` how many tokens the task has.
    """

    tokenizer: Any
    length: int

    @cached_property
    def task(self) -> Int[Tensor, "1 length"]:
        """The task in tokens."""
        return self.tokens([TASK], self.length)

    def __call__(self, pixel_values: PixelValues) -> dict[str, Any]:
        task = self.task.to(pixel_values.device).expand(len(pixel_values), -1)
        return {"pixel_values": pixel_values, "task_inputs": task}

    def tokens(self, texts: Sequence[str], length: int) -> Int[Tensor, "text length"]:
        """Texts as the model's own processor gives them: as many tokens as it wants, padding as 0."""
        tokens = self.tokenizer(list(texts), padding="max_length", max_length=length, truncation=True)
        return torch.tensor(tokens["input_ids"]) * torch.tensor(tokens["attention_mask"])


def with_classes_named(library: Any, names: Sequence[str]) -> Any:
    """An image processor with these names of classes, that looks for no file of names; none is counted by objects."""
    named = deepcopy(library)
    named.class_info_file, named.repo_path = None, None
    facts = {str(index): name for index, name in enumerate(names)}
    named.metadata = {**facts, "thing_ids": [], "class_names": list(names)}
    return named
