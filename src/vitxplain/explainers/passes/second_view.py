"""A second view of an image, mirrored and half a patch along, for a map that owes less to where the patches lie.

A patch is a sample of what lies in it, and where the first patch begins is chance. Half a patch further along both axes
the same things meet other patches, mirrored they meet other weights; what both maps say is left.
"""

import torch.nn.functional as F

from vitxplain.grid import TokenGrid
from vitxplain.types import PatchMap, PixelValues


def second_view(pixel_values: PixelValues, grid: TokenGrid) -> PixelValues:
    """The mirror images, moved down and to the right by half a patch; what comes in is reflected at the border."""
    height, width = pixel_values.shape[-2:]
    down, right = height // grid.rows // 2, width // grid.columns // 2
    grown = F.pad(pixel_values.flip(-1), (right, 0, down, 0), mode="reflect")
    return grown[..., :height, :width]


def both_views(first: PatchMap, second: PatchMap) -> PatchMap:
    """The mean of the maps of an image and of its second view, on the patches of the image.

    One of these lies on the corner of four patches of the second view and takes their mean; the last row and column
    were moved out of sight and repeat what lies beside them.
    """
    grown = F.pad(second.unsqueeze(1), (0, 1, 0, 1), mode="replicate")
    back = F.avg_pool2d(grown, 2, stride=1).squeeze(1).flip(-1)
    return (first + back) / 2
