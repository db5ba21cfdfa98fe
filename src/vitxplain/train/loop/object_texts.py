"""Texts of what an image shows, for segmenters that learn from them (OneFormer, arXiv 2211.06220, section 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vitxplain.errors import UsageError
from vitxplain.models.processors.task_words import TaskWords, with_classes_named


@dataclass(frozen=True, eq=False)
class ObjectTexts:
    """As many texts an image as the model wants, made by its library: one a mask, which names its class, and filling.

    `length` is how many tokens each has.
    """

    words: TaskWords
    names: tuple[str, ...]
    count: int
    length: int

    @classmethod
    def of(cls, config: Any, words: TaskWords, names: Sequence[str]) -> "ObjectTexts":
        """The texts that a model of this configuration compares its queries with.

        Raises:
            UsageError: it has too few queries for any.
        """
        count = config.num_queries - config.text_encoder_n_ctx
        if count < 1:
            raise UsageError(
                f"the model compares its {config.num_queries} queries with texts, {config.text_encoder_n_ctx} of which "
                "it learns (text_encoder_n_ctx), so none is left for what an image shows; give one with more queries, "
                "or a lower text_encoder_n_ctx."
            )
        return cls(words, tuple(names), count, config.text_encoder_context_length)

    def __call__(
        self, classes: Sequence[Int[Tensor, " _"]], masks: Sequence[Float[Tensor, "_ height width"]]
    ) -> Int[Tensor, "image text token"]:
        """The texts of the images of a batch, in tokens."""
        texts = [self.of_image(*image) for image in zip(classes, masks, strict=True)]
        return torch.stack([self.words.tokens(of_image, self.length) for of_image in texts])

    def of_image(self, classes: Int[Tensor, " mask"], masks: Float[Tensor, "mask height width"]) -> list[str]:
        """The texts of one image; counted for it alone, where the library goes on counting through a batch."""
        shown = {"classes": classes.tolist(), "masks": list(masks.numpy())}
        _, _, texts = self._library.get_panoptic_annotations(shown, dict.fromkeys(self.names, 0))
        return texts

    @cached_property
    def _library(self) -> Any:
        from transformers import OneFormerImageProcessorPil

        return with_classes_named(OneFormerImageProcessorPil(num_text=self.count), self.names)
