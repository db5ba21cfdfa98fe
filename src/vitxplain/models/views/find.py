"""Which view of its input an image within a network is: by comparing pixels, or by differentiating what made them."""

from itertools import product
from typing import Any

import torch
from torch import Tensor

from vitxplain.models.views.view import Step, View, lying
from vitxplain.types import PixelValues

_STEPS: tuple[Step, Step] = (1, -1)
_MOST_STEPS = 100  # of the graph between an image and a view of it; behind more there is a network
_MIXING = ("Convolution", "AddmmB", "MmB", "BmmB")  # steps that make features of an image
_FAR = 1.5  # pixels of the view that a straight map may be off by, by the mean of all places


def find_views(images: Tensor, source: PixelValues) -> tuple[View | None, ...] | None:
    """Of each image (the first axis), which view of the one source image it is; None for features and the like.

    A view may be mirrored, turned, cropped, padded or resized, and its values scaled or shifted, channel by channel.
    What is made of the source's pixels otherwise, and so says nothing of where they are, is None in its row.
    """
    if images is source:
        return (lying(_size(source)),)
    plain = tuple(_by_pixels(image, source[0]) for image in images)
    if None not in plain:
        return plain
    if not _is_near(images, source):
        return None
    return tuple(view or _by_gradient(image, source) for view, image in zip(plain, images, strict=True))


def is_shuffled(images: Tensor, source: PixelValues) -> bool:
    """Whether an image has exactly the pixels of the source, in whatever places."""
    if images.shape[1:] not in (source.shape[1:], source.transpose(-1, -2).shape[1:]):
        return False
    kept = source.detach().flatten().sort().values
    return any(bool((image.detach().flatten().sort().values == kept).all()) for image in images)


def _size(images: Tensor) -> tuple[int, int]:
    return images.shape[-2], images.shape[-1]


def _by_pixels(image: Tensor, source: Tensor) -> View | None:
    """The view of what has the very pixels of the source, all of them."""
    for turned, down, right in product((False, True), _STEPS, _STEPS):
        laid = source.transpose(-1, -2) if turned else source
        flips = [axis for axis, step in ((-2, down), (-1, right)) if step < 0]
        if laid.shape == image.shape and torch.equal(laid.flip(flips), image):
            return lying(_size(source), down, right, turned=turned)
    return None


def _is_near(images: Tensor, source: PixelValues) -> bool:
    """Whether few steps lie between, and none that makes features."""
    if not (images.requires_grad and source.requires_grad):
        return False
    steps: set[Any] = set()
    todo = [images.grad_fn]
    while todo:
        step = todo.pop()
        if step is None or step in steps:
            continue
        if len(steps) == _MOST_STEPS or any(word in step.name() for word in _MIXING):
            return False
        steps.add(step)
        todo += [before for before, _ in step.next_functions]
    return True


def _by_gradient(image: Tensor, source: PixelValues) -> View | None:
    """The straight map of places that says best where each pixel of the source went.

    The gradient of sum(pixel x row number) at a source's pixel is that of sum(pixel) times the row it went to.
    """
    height, width = _size(image)
    rows = torch.arange(height, device=image.device).to(image.dtype)[:, None]
    columns = torch.arange(width, device=image.device).to(image.dtype)[None]

    def gradient(scores: Tensor) -> Tensor:
        (of_source,) = torch.autograd.grad(scores.sum(), source, retain_graph=True, materialize_grads=True)
        return of_source[0].double()

    plain, down, across = gradient(image), gradient(image * rows), gradient(image * columns)
    channel = plain.abs().argmax(0, keepdim=True)
    plain, down, across = (values.gather(0, channel)[0] for values in (plain, down, across))
    reached = plain.abs() > 1e-3 * plain.abs().max()
    if int(reached.sum()) < 4:
        return None
    (source_height, source_width), at = _size(source), reached.nonzero().double()
    centres = torch.stack([_share(at[:, 0], source_height), _share(at[:, 1], source_width), torch.ones(len(at))], 1)
    went = [_share(part[reached] / plain[reached], count) for part, count in ((down, height), (across, width))]
    target = torch.stack(went, 1).cpu()
    solution = torch.linalg.lstsq(centres.cpu().double(), target).solution
    off = (centres.cpu().double() @ solution - target).abs() * torch.tensor([height, width]) / 2
    if not bool((off.mean(0) < _FAR).all()):
        return None
    first, second = (tuple(round(value, 6) for value in row) for row in solution.T.tolist())
    matrix = (first[0], first[1], first[2]), (second[0], second[1], second[2])
    return View((source_height, source_width), (height, width), matrix)


def _share(numbers: Tensor, count: int) -> Tensor:
    """Numbers of pixels as shares of their axis, from -1 to 1."""
    return (numbers * 2 + 1) / count - 1
