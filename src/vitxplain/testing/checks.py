"""The promises of a method, one check each; a broken one is an AssertionError that says what to do."""

import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import FrozenInstanceError
from functools import cache
from typing import Final, TypeAlias

import torch
from torch import Tensor

from vitxplain import registry
from vitxplain.explainers.base import Explainer
from vitxplain.fit import reason
from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.models import tiny_cnn, tiny_vit
from vitxplain.testing.state import difference, snapshot
from vitxplain.types import PixelValues

Method: TypeAlias = str | type[Explainer] | Explainer

TOLERANCE = 1e-4  # of the largest value: batched and single matrix products add in another order


def check_explainer(method: Method, model: VisionModel | None = None) -> None:
    """Run every check.

    Args:
        method: a registered name, a class (its defaults are used) or an instance.
        model: a model that the method fits; by default each of the two small ones that it does fit.

    Raises:
        AssertionError: a promise is broken.
    """
    for check in CHECKS:
        check(method, model)


def default_construction(method: Method, model: VisionModel | None = None) -> None:  # noqa: ARG001
    """Every option has a default, and no instance can be changed."""
    cls = _class(method)
    try:
        setattr(cls(), "anything", None)  # noqa: B010
    except FrozenInstanceError:
        return
    raise AssertionError(f"{cls.__name__} can be changed; decorate it with @dataclass(frozen=True)")


def repr_evaluates(method: Method, model: VisionModel | None = None) -> None:  # noqa: ARG001
    """`eval(repr(e)) == e`: the repr is the provenance of a result."""
    explainer = _instance(method)
    scope = {**vars(sys.modules[type(explainer).__module__]), type(explainer).__name__: type(explainer)}
    made = eval(repr(explainer), scope)  # noqa: S307 - that is the promise
    _promise(made == explainer, f"eval(repr(e)) gives {made!r}, not {explainer!r}; let the dataclass make repr and ==")


def pickles(method: Method, model: VisionModel | None = None) -> None:  # noqa: ARG001
    """Other processes get the same method."""
    explainer = _instance(method)
    made = pickle.loads(pickle.dumps(explainer))  # noqa: S301 - our own bytes
    _promise(made == explainer, f"after pickling it is {made!r}, not {explainer!r}")


def shape_fits_axes(method: Method, model: VisionModel | None = None) -> None:
    """One axis a word of `axes`, the batch first."""
    for explainer, fitting, pixel_values in _cases(method, model):
        values = explainer.explain(fitting, pixel_values)
        axes = explainer.axes.split()
        _promise(axes[0] == "batch", f"axes is {explainer.axes!r}; it begins with batch")
        _promise(values.ndim == len(axes), f"the shape {tuple(values.shape)} does not have the axes {explainer.axes!r}")
        expected = len(pixel_values)
        _promise(values.shape[0] == expected, f"{expected} images went in, {values.shape[0]} results came out")


def values_are_finite(method: Method, model: VisionModel | None = None) -> None:
    """No NaN, no infinity, floating point; also for an image of one colour."""
    for explainer, fitting, pixel_values in _cases(method, model):
        for name, images in (("noise", pixel_values), ("an image of one colour", torch.zeros_like(pixel_values))):
            values = explainer.explain(fitting, images)
            _promise(values.is_floating_point(), f"values are {values.dtype}, not floating point")
            _promise(
                bool(torch.isfinite(values).all()), f"values are not finite for {name}; look for a division by zero"
            )


def is_deterministic(method: Method, model: VisionModel | None = None) -> None:
    """The same twice, whatever the global random state, which stays as it was."""
    for explainer, fitting, pixel_values in _cases(method, model):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            first = explainer.explain(fitting, pixel_values)
            torch.manual_seed(2)
            state = torch.get_rng_state()
            second = explainer.explain(fitting, pixel_values)
            moved = not torch.equal(state, torch.get_rng_state())
        advice = "draw from your own torch.Generator, seeded by an option"
        _promise(torch.equal(first, second), f"two runs differ; {advice}")
        _promise(not moved, f"the global random state moved; {advice}")


def images_do_not_mix(method: Method, model: VisionModel | None = None) -> None:
    """Row i of a batch is image i alone."""
    for explainer, fitting, pixel_values in _cases(method, model):
        together = explainer.explain(fitting, pixel_values)
        for index in range(len(pixel_values)):
            alone = explainer.explain(fitting, pixel_values[index : index + 1])[0]
            _promise(
                _close(together[index], alone),
                f"row {index} of a batch differs from image {index} alone by {_distance(together[index], alone):.2g}; "
                "look for means, maxima or thresholds over the whole batch",
            )


def model_stays_as_found(method: Method, model: VisionModel | None = None) -> None:
    """Flags, gradients, hooks and weights are as before, also when the model fails halfway."""
    for explainer, fitting, pixel_values in _cases(method, model):
        before = snapshot(fitting.module)
        explainer.explain(fitting, pixel_values)
        changed = difference(before, snapshot(fitting.module))
        _promise(changed is None, f"{changed}; undo it in a `finally`")
        handle = list(fitting.module.modules())[-1].register_forward_hook(_fail)
        try:
            with suppress(Exception):  # the planted one, as it is or in other words
                explainer.explain(fitting, pixel_values)
        finally:
            handle.remove()
        changed = difference(before, snapshot(fitting.module))
        _promise(changed is None, f"{changed} when the model raised an exception; undo it in a `finally`")


def target_matters_if_stated(method: Method, model: VisionModel | None = None) -> None:
    """The result depends on the target if and only if the method says that it is `class_specific`."""
    for explainer, fitting, pixel_values in _cases(method, model):
        first, second = (explainer.explain(fitting, pixel_values, target) for target in (0, 1))
        if explainer.class_specific:
            _promise(not _close(first, second), "class_specific is True, yet two classes get the same values")
        else:
            _promise(_close(first, second), "class_specific is False, yet the values depend on the target")


CHECKS: Final[tuple[Callable[..., None], ...]] = (
    default_construction,
    repr_evaluates,
    pickles,
    shape_fits_axes,
    values_are_finite,
    is_deterministic,
    images_do_not_mix,
    model_stays_as_found,
    target_matters_if_stated,
)


def _promise(kept: bool, otherwise: str) -> None:
    if not kept:
        raise AssertionError(otherwise)


def _fail(*_: object) -> None:
    raise RuntimeError("planted by vitxplain.testing: does the method leave the model as it found it?")


@cache
def _small_models() -> tuple[VisionModel, ...]:
    return tiny_vit(), tiny_cnn()


def _class(method: Method) -> type[Explainer]:
    if isinstance(method, str):
        return registry.load("explainers", method)
    return method if isinstance(method, type) else type(method)


def _instance(method: Method) -> Explainer:
    return method if isinstance(method, Explainer) else _class(method)()


def _cases(method: Method, model: VisionModel | None) -> Iterator[tuple[Explainer, VisionModel, PixelValues]]:
    """The method with each model it fits, and a batch of three images for it."""
    explainer = _instance(method)
    models = [model] if model else [one for one in _small_models() if reason(explainer, one.probe()) is None]
    _promise(
        bool(models), f"{type(explainer).__name__} fits neither small model of vitxplain.testing; give it one as model="
    )
    for one in models:
        height, width = one.processor.input_size
        noise = torch.randn(3, 3, height, width, generator=torch.Generator().manual_seed(0))
        yield explainer, one, noise


def _distance(first: Tensor, second: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    return float((first - second).abs().max() / first.abs().max().clamp(min=1e-12))


def _close(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and _distance(first, second) <= TOLERANCE
