"""The class a segmenter gives each pixel of an image, and the true class, as the data say it."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS, TaskOutputs
from vitxplain.tasks.post_processing.segments import MASKS


def class_scores(outputs: TaskOutputs) -> Float[Tensor, "batch class row column"]:
    """Scores of each class at each place: logits, or of a segmenter by masks the sum over its queries.

    The latter is the semantic inference of MaskFormer (arXiv 2107.06278, section 3.4): class times mask probability.
    """
    if MASKS not in outputs:
        return outputs[LOGITS].float()
    shares = outputs[LOGITS].float().softmax(-1)[..., :-1]
    return torch.einsum("bqc,bqhw->bchw", shares, outputs[MASKS].float().sigmoid())


def predicted_classes(outputs: TaskOutputs, geometries: Sequence[Geometry]) -> list[Int[np.ndarray, "_ _"]]:
    """The class of each pixel of each original image: scores are interpolated to its pixels, the highest wins.

    A pixel that the model's processor crops away has the class of the nearest that is seen.
    """
    scores = class_scores(outputs)
    return [_on_image(scores[number : number + 1], one) for number, one in enumerate(geometries)]


def _on_image(scores: Tensor, geometry: Geometry) -> np.ndarray:
    height, width = geometry.image_size
    top, left, bottom, right = geometry.box
    if geometry.box == (0.0, 0.0, float(height), float(width)):
        whole = F.interpolate(scores, size=(height, width), mode="bilinear", align_corners=False)
    else:
        y = ((torch.arange(height) + 0.5 - top) / (bottom - top) * 2 - 1).to(scores)
        x = ((torch.arange(width) + 0.5 - left) / (right - left) * 2 - 1).to(scores)
        places = torch.stack([x.expand(height, width), y[:, None].expand(height, width)], -1)[None]
        whole = F.grid_sample(scores, places, mode="bilinear", padding_mode="border", align_corners=False)
    return whole[0].argmax(0).cpu().numpy()
