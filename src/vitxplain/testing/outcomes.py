"""What a method gives in a check; where it fails, its author is told why, without the frames of this package."""

from collections.abc import Iterator
from types import TracebackType

from torch import Tensor

from vitxplain.errors import PluginError, UnknownNameError, VitxplainError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import TO_AUTHORS, load_explainer
from vitxplain.explainers.passes.plugin_failure import NotFiniteError, ResultError, expected_shape
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import TargetLike
from vitxplain.types import PixelValues


def registered_class(name: str) -> type[Explainer]:
    """The class that an entry point names.

    Raises:
        AssertionError: no package that is installed offers the name, or its class cannot be loaded.
    """
    __tracebackhide__ = True
    try:
        return load_explainer(name)
    except UnknownNameError:
        raise AssertionError(
            f"no installed package offers the method {name!r}; install yours (pip install -e .), and look at the name "
            'in its entry point, [project.entry-points."vitxplain.explainers"]'
        ) from None
    except PluginError as error:
        if error.__cause__ is None:  # it says what is wrong with the class
            raise AssertionError(str(error).removesuffix(TO_AUTHORS).strip()) from None
        raise AssertionError(
            f"the entry point of {name!r} cannot be loaded: {_named(error.__cause__)}; it names MODULE:CLASS, and an "
            "installed package is installed again after a change"
        ) from None


def values_of(explainer: Explainer, model: VisionModel, pixel_values: PixelValues, target: TargetLike = None) -> Tensor:
    """What the method gives.

    Raises:
        AssertionError: it fails, or gives what it does not promise.
    """
    __tracebackhide__ = True
    try:
        return explainer.explain(model, pixel_values, target)
    except Exception as error:
        raise AssertionError(_reason(error, explainer, model)) from _shown(error, explainer)


def shape_of(explainer: Explainer, model: VisionModel, pixel_values: PixelValues) -> tuple[int, ...]:
    """The shape of what the method gives, whether these are numbers or not; raises as `values_of`."""
    __tracebackhide__ = True
    try:
        return tuple(explainer.explain(model, pixel_values).shape)
    except Exception as error:
        if isinstance(cause := _cause(error), NotFiniteError):
            return cause.shape
        raise AssertionError(_reason(error, explainer, model)) from _shown(error, explainer)


def _cause(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, PluginError) and error.__cause__ else error


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _reason(error: Exception, explainer: Explainer, model: VisionModel) -> str:
    cause = _cause(error)
    if isinstance(cause, ResultError):
        return f"{cause}{_expected(cause.shape, explainer.axes, model)}"
    return str(cause) if isinstance(cause, VitxplainError) else _named(cause)


def _expected(shape: tuple[int, ...], axes: str, model: VisionModel) -> str:
    """The shape that the axes have on this model, and why another has so many, where that is known."""
    grid = model.probe().grid
    if len(shape) < 2 or grid is None or not axes.endswith("row column") or len(shape) == len(axes.split()):
        return ""
    words = f"; expected {expected_shape(axes, shape[0], grid.rows, grid.columns)}"
    others = grid.num_tokens - grid.num_patches
    if shape[-1] == grid.num_patches:
        return f"{words}: {shape[-1]} patches are {grid.rows} rows of {grid.columns}; use record.grid.to_map"
    if shape[-1] == grid.num_tokens:
        tokens = f"{others} token{'s' * (others > 1)} beside them"
        return f"{words}: {shape[-1]} = {grid.num_patches} patches + {tokens}; use record.grid.to_map"
    return words


def _shown(error: Exception, explainer: Explainer) -> BaseException | None:
    """The cause with the frames from the author's code on; None where there are none and its sentence says it all."""
    cause = _cause(error)
    own = type(explainer).__module__.partition(".")[0]
    entries = list(_entries(cause.__traceback__))
    first = next((number for number, entry in enumerate(entries) if _package(entry) == own), None)
    if first is None:
        return None if isinstance(error, VitxplainError) or isinstance(cause, ResultError) else error
    trace = None
    for entry in reversed(entries[first:]):
        trace = TracebackType(trace, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return cause.with_traceback(trace)


def _entries(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _package(entry: TracebackType) -> str:
    return str(entry.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
