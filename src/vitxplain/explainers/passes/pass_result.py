"""PassResult: what a model said in one pass, and what each method made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from vitxplain.tasks.base import Settled, Target, TaskOutputs
from vitxplain.tasks.leaves import joined


@dataclass(frozen=True, eq=False)
class PassResult:
    """What the model said and one result a method, in the order asked; fp32.

    `rounds` has these results for each round of targets (`Settled`); a method that is about no target has one for all.
    """

    outputs: TaskOutputs
    rounds: list[list[Tensor]]
    settled: Settled
    artefacts: Bool[Tensor, "batch row column"] | None = None  # patches of which there is a note, where that was asked

    @property
    def maps(self) -> list[Tensor]:
        """The results for the first target of each image."""
        return self.rounds[0]


def joined_results(parts: Sequence[PassResult], target: Target) -> PassResult:
    """The results of several batches as those of one; images with fewer targets than others repeat their first."""
    settled = target.merged([part.settled for part in parts])
    rounds = [
        [
            torch.cat(maps)
            for maps in zip(*(part.rounds[k if k < len(part.rounds) else 0] for part in parts), strict=True)
        ]
        for k in range(len(settled.rounds))
    ]
    outliers = [part.artefacts for part in parts if part.artefacts is not None]
    return PassResult(
        joined([part.outputs for part in parts]), rounds, settled, torch.cat(outliers) if outliers else None
    )
