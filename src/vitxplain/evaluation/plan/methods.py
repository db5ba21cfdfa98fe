"""The methods of one model: those named, those that fit, or its usual method; and why others are not among them."""

from collections.abc import Mapping, Sequence
from typing import Any

from vitxplain.errors import UsageError
from vitxplain.evaluation.plan.presets import Preset
from vitxplain.explainers.base import Explainer, explains_answers, says_where
from vitxplain.explainers.passes import fit
from vitxplain.explainers.passes.choose import MethodLike, build, has_option, load_explainer, usable
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.models.vision_model import VisionModel

ALL = "all"  # every method that fits a model


def chosen_methods(
    model: VisionModel, methods: Sequence[MethodLike], options: Mapping[str, Any], preset: Preset | None
) -> tuple[dict[str, Explainer], dict[str, str], list[str]]:
    """The explainers by name, why others do not fit, and which options some of all these has.

    "auto" is the model's own method, "all" every method that fits it and maps where its answer
    comes from. Without methods those of the preset that fit.

    Raises:
        OptionError: an option does not take the value.
        UsageError: a method gives no map of the image.
    """
    named, broken = usable(_named(model, methods, preset))
    plain = build(named, {})
    taken = [key for key in options if has_option(key, plain)]
    built = _with(plain, {key: options[key] for key in taken})
    if others := [name for name, explainer in built.items() if not says_where(explainer.axes)]:
        raise UsageError(f"{', '.join(others)}: gives no map of the image, so there is nothing to score; leave it out.")
    probe = model.probe()
    reasons = {name: reason for name, explainer in built.items() if (reason := fit.reason(explainer, probe))}
    fitting = {name: explainer for name, explainer in built.items() if name not in reasons}
    reasons = {} if fitting and preset and not methods else reasons
    return fitting, reasons | {name: str(error).rstrip(".") for name, error in broken.items()}, taken


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
