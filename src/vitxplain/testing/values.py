"""What a method promises about its values."""

import torch
from torch import Tensor

from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.cases import Method, cases, promise
from vitxplain.testing.outcomes import shape_of, values_of

TOLERANCE = 1e-4  # of the largest value: batched and single matrix products add in another order


def shape_fits_axes(method: Method, model: VisionModel | None = None) -> None:
    """One axis a word of `axes`, the batch first."""
    __tracebackhide__ = True
    for explainer, fitting, pixel_values in cases(method, model):
        shape = shape_of(explainer, fitting, pixel_values)
        axes = explainer.axes.split()
        promise(axes[0] == "batch", f"axes is {explainer.axes!r}; it begins with batch")
        promise(len(shape) == len(axes), f"the shape {shape} does not have the axes {explainer.axes!r}")
        expected = len(pixel_values)
        promise(shape[0] == expected, f"{expected} images went in, {shape[0]} results came out")


def values_are_finite(method: Method, model: VisionModel | None = None) -> None:
    """No NaN, no infinity, floating point, none below 0 if `never_negative`; also for an image of one colour."""
    __tracebackhide__ = True
    for explainer, fitting, pixel_values in cases(method, model):
        for name, images in (("noise", pixel_values), ("an image of one colour", torch.zeros_like(pixel_values))):
            values = values_of(explainer, fitting, images)
            promise(values.is_floating_point(), f"values are {values.dtype}, not floating point")
            promise(
                bool(torch.isfinite(values).all()), f"values are not finite for {name}; look for a division by zero"
            )
            promise(
                not explainer.never_negative or bool((values >= 0).all()),
                f"never_negative is True, yet values are below 0 for {name}",
            )


def is_deterministic(method: Method, model: VisionModel | None = None) -> None:
    """The same twice, whatever the global random state, which stays as it was."""
    __tracebackhide__ = True
    for explainer, fitting, pixel_values in cases(method, model):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            first = values_of(explainer, fitting, pixel_values)
            torch.manual_seed(2)
            state = torch.get_rng_state()
            second = values_of(explainer, fitting, pixel_values)
            moved = not torch.equal(state, torch.get_rng_state())
        advice = "draw from your own torch.Generator, seeded by an option"
        promise(torch.equal(first, second), f"two runs differ; {advice}")
        promise(not moved, f"the global random state moved; {advice}")


def images_do_not_mix(method: Method, model: VisionModel | None = None) -> None:
    """Row i of a batch is image i alone."""
    __tracebackhide__ = True
    for explainer, fitting, pixel_values in cases(method, model):
        together = values_of(explainer, fitting, pixel_values)
        for index in range(len(pixel_values)):
            alone = values_of(explainer, fitting, pixel_values[index : index + 1])[0]
            promise(
                _close(together[index], alone),
                f"row {index} of a batch differs from image {index} alone by {_distance(together[index], alone):.2g}; "
                "look for means, maxima or thresholds over the whole batch",
            )


def target_matters_if_stated(method: Method, model: VisionModel | None = None) -> None:
    """The result depends on the target if and only if the method says that it is `class_specific`."""
    __tracebackhide__ = True
    for explainer, fitting, pixel_values in cases(method, model):
        targets = ("object:0", "object:1") if fitting.task.finds else (0, 1)
        first = values_of(explainer, fitting, pixel_values, targets[0])
        second = values_of(explainer, fitting, pixel_values, targets[1])
        if explainer.class_specific:
            promise(not _close(first, second), "class_specific is True, yet two classes get the same values")
        else:
            promise(_close(first, second), "class_specific is False, yet the values depend on the target")


def _distance(first: Tensor, second: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    return float((first - second).abs().max() / first.abs().max().clamp(min=1e-12))


def _close(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and _distance(first, second) <= TOLERANCE
