"""RISE: randomised input sampling for explanation (Petsiuk et al. 2018, arXiv 1806.07421)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from vitxplain.plugins import (
    Explainer,
    OptionError,
    PatchMap,
    PixelValues,
    Target,
    TargetLike,
    VisionModel,
    undisturbed,
)

Score: TypeAlias = Literal["probability", "logit"]


@dataclass(frozen=True)
class RISE(Explainer):
    """The mean of random masks, weighted by the class's score under each (Petsiuk et al. 2018, arXiv 1806.07421).

    Args:
        num_masks: forward passes an image; the paper takes 4,000 to 8,000. The map's noise falls with the root.
        cells: rows and columns of the coarse grid a mask is drawn on; the paper's s.
        keep: probability that a cell is shown; the paper's p.
        score: "probability", as in the paper, or the raw "logit".
        seed: of the masks; all images get the same.
        masks_per_pass: masks that run through the model together.

    Hidden pixels are 0 in pixel_values, the mean colour of the normalisation. Values are the expected score given that
    the pixel is shown, at the resolution of the model input; only their differences mean anything.
    """

    num_masks: int = 1000
    cells: int = 7
    keep: float = 0.5
    score: Score = "probability"
    seed: int = 0
    masks_per_pass: int = 32

    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if min(self.num_masks, self.cells, self.masks_per_pass) < 1:
            raise OptionError("num_masks, cells and masks_per_pass take whole numbers of at least 1.")
        if not 0 < self.keep < 1:
            raise OptionError(f"keep is {self.keep!r}; it takes a number between 0 and 1.")
        if self.score not in ("probability", "logit"):
            raise OptionError(f"score is {self.score!r}; it takes probability or logit.")

    def explain(self, model: VisionModel, pixel_values: PixelValues, target: TargetLike = None) -> PatchMap:
        """One map an image, of the size of the model input; every image on its own, so batches change nothing."""
        height, width = pixel_values.shape[-2:]
        with undisturbed(model.module), torch.no_grad():
            pixel_values = pixel_values.to(model.device, model.dtype)
            target = model.task.target(target, model.labels).fixed(model.outputs(pixel_values))
            total = torch.zeros(len(pixel_values), height, width, device=model.device)
            for masks in self._masks(height, width):
                masks = masks.to(model.device)
                for row, image in enumerate(pixel_values):
                    scores = self._scores(model, image * masks[:, None].to(model.dtype), target.select([row]))
                    total[row] += torch.einsum("n,nij->ij", scores, masks)
        return total / (self.num_masks * self.keep)

    def _scores(self, model: VisionModel, masked: PixelValues, target: Target) -> Float[Tensor, " mask"]:
        outputs = model.outputs(masked)
        return target.score(model.task.probabilities(outputs) if self.score == "probability" else outputs).float()

    def _masks(self, height: int, width: int) -> Iterator[Float[Tensor, "mask height width"]]:
        """Section 3.2: a coarse binary grid, enlarged bilinearly to one cell more than the image, cropped at random."""
        random = torch.Generator().manual_seed(self.seed)
        cell = -(-height // self.cells), -(-width // self.cells)
        size = (self.cells + 1) * cell[0], (self.cells + 1) * cell[1]
        for start in range(0, self.num_masks, self.masks_per_pass):
            count = min(self.masks_per_pass, self.num_masks - start)
            coarse = (torch.rand(count, 1, self.cells, self.cells, generator=random) < self.keep).float()
            large = F.interpolate(coarse, size, mode="bilinear", align_corners=False)[:, 0].clamp(max=1)
            tops = torch.randint(cell[0], (count,), generator=random).tolist()
            lefts = torch.randint(cell[1], (count,), generator=random).tolist()
            crops = zip(large, tops, lefts, strict=True)
            yield torch.stack([mask[top : top + height, left : left + width] for mask, top, left in crops])
