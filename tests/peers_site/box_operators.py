"""`nms` and `roi_align` of torchvision in plain Python, where its compiled ones are missing: slow, differentiable."""

import sys
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

ROI_ALIGN = (
    "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio, bool aligned) -> Tensor"
)


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Which boxes stay, best first: those that overlap no better one by more than this."""
    left, top, right, bottom = boxes.detach().unbind(1)
    area = (right - left) * (bottom - top)
    order = scores.detach().argsort(descending=True, stable=True)
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        width = (torch.minimum(right[best], right[rest]) - torch.maximum(left[best], left[rest])).clamp_min(0)
        height = (torch.minimum(bottom[best], bottom[rest]) - torch.maximum(top[best], top[rest])).clamp_min(0)
        shared = width * height
        order = rest[shared / (area[best] + area[rest] - shared) <= iou_threshold]
    return torch.stack(kept) if kept else order


def roi_align(
    features: Tensor, rois: Tensor, scale: float, height: int, width: int, sampling_ratio: int, aligned: bool
) -> Tensor:
    """The mean over as many bilinear samples a side and cell as asked for, two where that is left open."""
    count = sampling_ratio if sampling_ratio > 0 else 2
    offset = 0.5 if aligned else 0.0
    rows, columns = features.shape[-2:]
    pooled = []
    for number, *box in rois.detach().tolist():
        left, top, right, bottom = (side * scale - offset for side in box)
        extent = [right - left, bottom - top] if aligned else [max(right - left, 1.0), max(bottom - top, 1.0)]
        across = left + (torch.arange(width * count) + 0.5) / (width * count) * extent[0]
        down = top + (torch.arange(height * count) + 0.5) / (height * count) * extent[1]
        x, y = across.clamp(0, columns - 1), down.clamp(0, rows - 1)
        grid = torch.stack(
            [
                (2 * x + 1).div(columns).sub(1)[None, :].expand(len(y), -1),
                (2 * y + 1).div(rows).sub(1)[:, None].expand(-1, len(x)),
            ],
            -1,
        )
        sampled = grid_sample(features[int(number)][None], grid[None].to(features), align_corners=False)
        pooled.append(torch.nn.functional.avg_pool2d(sampled, count)[0])
    return torch.stack(pooled) if pooled else features.new_zeros(0, features.shape[1], height, width)


@cache  # the registration lasts as long as the library object
def register() -> object:
    """Put them in the place of the compiled ones, for the rest of the process."""
    from torchvision import extension

    if extension._has_ops():  # the compiled ones do load
        return None
    for module in (extension, sys.modules["torchvision.ops.roi_align"]):  # else that is compiled at the first call
        module._has_ops = lambda: True
    library = torch.library.Library("torchvision", "FRAGMENT")
    if not hasattr(torch.ops.torchvision, "roi_align"):
        library.define(ROI_ALIGN)
    library.impl("nms", nms, "CompositeImplicitAutograd")
    library.impl("roi_align", roi_align, "CompositeImplicitAutograd")
    return library
