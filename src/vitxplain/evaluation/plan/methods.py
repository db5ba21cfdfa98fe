"""The methods of one model: those named, those that fit, or its usual method; and why others are not among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vitxplain import registry
from vitxplain.errors import UsageError
from vitxplain.evaluation.plan.presets import Preset
from vitxplain.explainers.base import Explainer, explains_answers, says_where
from vitxplain.explainers.passes import fit
from vitxplain.explainers.passes.choose import MethodLike, build, has_option, load_explainer, usable
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.models.vision_model import VisionModel
from vitxplain.registry import canonical

ALL = "all"  # every method that fits a model
FEW: Final = 100  # forward passes for each image and target; methods that take more are named by who wants them


@dataclass(frozen=True, eq=False)
class ChosenMethods:
    """The explainers by name, and why others that were asked for do not fit.

    `option_names` are the options that some of all these has; `left_out` says what "all" does not take, and why;
    `not_scored` are all methods but the explainers, each with a clause why where "all" was asked.
    """

    explainers: Mapping[str, Explainer] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    option_names: Sequence[str] = ()
    left_out: Sequence[str] = ()
    not_scored: Mapping[str, str] = field(default_factory=dict)


def chosen_methods(
    model: VisionModel, methods: Sequence[MethodLike], options: Mapping[str, Any], preset: Preset | None
) -> ChosenMethods:
    """What is scored of a model.

    "auto" is the model's own method, "all" every method that fits it and maps where its answer
    comes from, but those of very many passes that are neither named nor have an option of their own. Without methods
    those of the preset that fit.

    Raises:
        OptionError: an option does not take the value.
        UsageError: a method gives no map of the image.
    """
    costly = _costly(model, methods, options) if ALL in methods else {}
    named, broken = usable([name for name in _named(model, methods, preset) if name not in costly])
    plain = build(named, {})
    taken = [key for key in options if has_option(key, plain)]
    built = _with(plain, {key: options[key] for key in taken})
    if others := [name for name, explainer in built.items() if not says_where(explainer.axes)]:
        raise UsageError(f"{', '.join(others)}: gives no map of the image, so there is nothing to score; leave it out.")
    probe = model.probe()
    reasons = {name: reason for name, explainer in built.items() if (reason := fit.reason(explainer, probe))}
    fitting = {name: explainer for name, explainer in built.items() if name not in reasons}
    reasons = {} if fitting and preset and not methods else reasons
    return ChosenMethods(
        explainers=fitting,
        reasons=reasons | {name: str(error).rstrip(".") for name, error in broken.items()},
        option_names=taken,
        left_out=[
            f"{name} is left out of all: it takes {passes:,} forward passes for each image and target. "
            f"--methods all,{name} takes it in."
            for name, passes in costly.items()
        ],
        not_scored=_not_scored(model, [*fitting, *costly], explained=ALL in methods),
    )


def _not_scored(model: VisionModel, scored: Sequence[str], *, explained: bool) -> dict[str, str]:
    """The other methods, with why they are not scored; no plugin is loaded for that of which nobody asked."""
    others = [name for name in registry.names("explainers") if name not in scored]
    obstacles = fit.fitting(model) if explained else {}
    return {
        name: obstacles.get(name) or ("it does not say where an answer comes from" if explained else "")
        for name in others
    }


def _costly(model: VisionModel, methods: Sequence[MethodLike], options: Mapping[str, Any]) -> dict[str, int]:
    """Methods that fit and take very many passes, which nobody asked for in particular; with their number."""
    fitting = [name for name, obstacle in fit.fitting(model).items() if obstacle is None]
    costly = {name: load_explainer(name)().passes_a_target or 0 for name in fitting}
    particular = {
        canonical("explainers", name) for name in methods if isinstance(name, str) and name not in (ALL, "auto")
    }
    particular |= {key.rpartition(".")[0] for key in options}
    return {name: passes for name, passes in costly.items() if passes > FEW and name not in particular}


def _named(model: VisionModel, methods: Sequence[MethodLike], preset: Preset | None) -> list[MethodLike]:
    named: list[MethodLike] = []
    for method in methods or (preset.methods if preset else ()):
        if method == ALL:
            fitting = [name for name, obstacle in fit.fitting(model).items() if obstacle is None]
            named += [name for name in fitting if explains_answers(load_explainer(name)())]
        else:
            named.append(auto_method(model) if method == "auto" else method)
    return list(dict.fromkeys(preset.explainers(named) if preset else named))


def _with(explainers: Mapping[str, Explainer], options: Mapping[str, Any]) -> dict[str, Explainer]:
    """Texts, as from the command line, are read by the type of their option."""
    texts = {key: value for key, value in options.items() if isinstance(value, str)}
    read = build(list(explainers.values()), texts, text=True)
    return build(list(read.values()), {key: value for key, value in options.items() if key not in texts})
