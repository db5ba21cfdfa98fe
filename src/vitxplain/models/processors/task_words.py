"""The task in words, for segmenters that are told what to do (OneFormer, arXiv 2211.06220)."""

from typing import Any, Final

import torch
from jaxtyping import Int
from torch import Tensor

WORDS: Final = "the task is panoptic"  # everything there is, things and stuff


def task_tokens(tokenizer: Any, length: int) -> Int[Tensor, "1 length"]:
    """The words as the model's own processor gives them: as many tokens as it wants, padding as 0."""
    tokens = tokenizer([WORDS], padding="max_length", max_length=length, truncation=True)
    return torch.tensor(tokens["input_ids"]) * torch.tensor(tokens["attention_mask"])
