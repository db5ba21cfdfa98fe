"""D-RISE: which parts of the image an object needs to be found again (Petsiuk et al. 2021, arXiv 2006.03204)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from vitxplain.capture.undisturbed import ready, undisturbed
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.progress import counted
from vitxplain.models.offers import OBJECTS
from vitxplain.models.processors.processor import Processor
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_count, check_index, check_share
from vitxplain.tasks.base import Target, TargetLike, TaskOutputs
from vitxplain.types import PatchMap, PixelValues, Scores

PIXELS_AT_ONCE = 2**19  # of a pass on a CPU: more would only leave its caches
IMAGES_AT_ONCE = 32  # of a pass on other devices


@dataclass(frozen=True)
class DRISE(Explainer):
    """The mean of random masks, weighted by how like the object is what is found under each (Petsiuk et al. 2021).

    Args:
        masks: forward passes an image and object; the paper takes 5,000. The map's noise falls with their root.
        grid: rows and columns of the coarse grid a mask is drawn on.
        p: probability that a cell is shown.
        seed: of the masks; all images get the same.

    What is hidden is black. Of a detector the weight is the largest, over all queries, of overlap (IoU) x cosine of the
    class probabilities x the highest of them; of a segment it is how much of it is there (`Target.presence`). Values
    are the expected weight given that the pixel is shown, at the resolution of the model input; only their differences
    mean anything. It needs nothing of the model but its output.
    """

    masks: int = 1000
    grid: int = 16
    p: float = 0.5
    seed: int = 0

    needs: ClassVar[frozenset[str]] = frozenset({OBJECTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_count("masks", self.masks)
        check_count("grid", self.grid)
        check_share("p", self.p, include_zero=False, include_one=False)
        check_index("seed", self.seed)

    @property
    def passes_a_target(self) -> int:
        return self.masks

    def explain(self, model: VisionModel, pixel_values: PixelValues, target: TargetLike = None) -> PatchMap:
        """One map an image, of the size of the model input; every image on its own, so batches change nothing."""
        pixel_values = ready(pixel_values).to(model.device, model.dtype)
        with undisturbed(model.module), torch.no_grad():
            outputs = model.outputs(pixel_values)
            settled = model.task.target(target, model.labels).fixed(outputs)
            probabilities = model.task.probabilities(outputs)
            maps = []
            for number, image in enumerate(pixel_values):
                original = {role: tensor[number : number + 1] for role, tensor in probabilities.items()}
                maps.append(self._map(model, image, settled.select([number]), original))
        return torch.stack(maps)

    def _map(
        self, model: VisionModel, image: Float[Tensor, "channel height width"], target: Target, original: TaskOutputs
    ) -> Float[Tensor, "height width"]:
        """Equation 6, divided by how often each pixel was shown."""
        black = black_of(model.processor, image)
        total, shown = (torch.zeros(image.shape[1:], device=image.device) for _ in range(2))
        for masks in counted(self._masks(image), self.masks):
            masked = black + masks[:, None].to(image.dtype) * (image - black)
            weights = self._weights(model, masked, target, original)
            total += torch.einsum("n,nij->ij", weights, masks)
            shown += masks.sum(0)
        return total / shown.clamp_min(torch.finfo(shown.dtype).tiny)

    def _weights(self, model: VisionModel, masked: PixelValues, target: Target, original: TaskOutputs) -> Scores:
        probabilities = model.task.probabilities(model.outputs(masked))
        return target.similarity(original, probabilities).float()

    def _masks(self, image: Float[Tensor, "channel height width"]) -> Iterator[Float[Tensor, "mask height width"]]:
        """Section 3.3: a coarse binary grid, enlarged to one cell more than the image, and moved at random."""
        height, width = image.shape[1:]
        random = torch.Generator().manual_seed(self.seed)
        cell = -(-height // self.grid), -(-width // self.grid)
        size = (self.grid + 1) * cell[0], (self.grid + 1) * cell[1]
        on_cpu = image.device.type == "cpu"
        at_once = max(1, PIXELS_AT_ONCE // (height * width)) if on_cpu else IMAGES_AT_ONCE
        draws = torch.rand(self.masks, self.grid, self.grid, generator=random) < self.p
        tops = torch.randint(cell[0], (self.masks,), generator=random).tolist()
        lefts = torch.randint(cell[1], (self.masks,), generator=random).tolist()
        for start in range(0, self.masks, at_once):
            coarse = draws[start : start + at_once, None].float().to(image.device)
            large = interpolate(coarse, size, mode="bilinear", align_corners=False)[:, 0]
            corners = zip(large, tops[start:], lefts[start:], strict=False)
            yield torch.stack([mask[top : top + height, left : left + width] for mask, top, left in corners])


def black_of(processor: Processor, image: Float[Tensor, "channel height width"]) -> Float[Tensor, "channel 1 1"]:
    """What the processor makes of black; the least that is there, channel by channel, where it makes other channels."""
    made = processor.to_pixels([Image.new("RGB", (64, 64))])[0].flatten(1).median(1).values
    black = made.to(image) if len(made) == len(image) else image.flatten(1).amin(1)
    return black[:, None, None]
