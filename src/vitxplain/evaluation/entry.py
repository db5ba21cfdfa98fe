"""Entry: one model, or maps without one, and all whose maps are scored there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitxplain import fit, registry
from vitxplain.errors import UsageError
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.makers import Blind, Explained, Maker
from vitxplain.explainers.base import Explainer
from vitxplain.fit import auto_method, require
from vitxplain.methods import MethodLike, build
from vitxplain.metrics.base import METHOD, MODEL
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.vision_model import VisionModel
from vitxplain.render.labels import source_name

ALL = "all"


@dataclass(frozen=True, eq=False)
class Entry:
    """A block of the table. `name` is the model's, or that of the folder of maps."""

    name: str
    model: VisionModel | None
    makers: tuple[Maker, ...]

    def methods(self) -> dict[str, Maker]:
        """Who makes the maps of which method; the controls last."""
        return {name: maker for maker in self.makers for name in maker.names}

    def lacking(self, maker: Maker) -> frozenset[str]:
        """Needs of metrics that nobody can meet for these maps."""
        return maker.without | (frozenset() if self.model else frozenset({MODEL, METHOD}))


def entry_of(name: str, model: VisionModel | None, makers: Sequence[Maker]) -> Entry:
    """With the controls, which every table has."""
    return Entry(name, model, (*makers, Blind(CONTROLS, model)))


def short_names(models: Sequence[VisionModel]) -> list[str]:
    """By which the models are told apart: a folder's own name, the whole path where two are called alike."""
    short = [source_name(model.source) for model in models]
    return [model.source if short.count(name) > 1 else name for model, name in zip(models, short, strict=True)]


def explained(
    models: Mapping[str, VisionModel], methods: Sequence[MethodLike], options: Mapping[str, Any]
) -> tuple[dict[str, Explained], list[Failure]]:
    """The methods of each model, and those that do not fit one.

    "auto" is the model's own, "all" every method that fits it and gives a map.

    Raises:
        UsageError: no such option, or a method that gives no map of the image.
        UnsupportedModelError: no method fits any model.
    """
    named = {name: _named(model, methods) for name, model in models.items()}
    # An option must be known to some method of some model; of the others it asks nothing.
    everyone = list(dict.fromkeys(one for those in named.values() for one in those))
    built = _built(everyone, options)
    if others := [name for name, one in built.items() if not is_map(one)]:
        raise UsageError(f"{', '.join(others)}: gives no map of the image, so there is nothing to score; leave it out.")
    found, unfit = {}, []
    for name, model in models.items():
        probe, mine = model.probe(), build(named[name], {})
        why = {method: fit.reason(built[method], probe) for method in mine}
        unfit += [Failure(name, method, "", f"does not fit: {reason}.") for method, reason in why.items() if reason]
        found[name] = Explained(model, {method: built[method] for method in mine if not why[method]})
    if not any(one.explainers for one in found.values()):
        name, model = next(iter(models.items()))
        require(model, build(named[name], {}).values())
    return found, unfit


def is_map(explainer: Explainer) -> bool:
    """Whether it says where in the image: one value, or several, for each place."""
    return explainer.axes.endswith("row column") and "row2" not in explainer.axes


def _named(model: VisionModel, methods: Sequence[MethodLike]) -> list[MethodLike]:
    found: list[MethodLike] = []
    for method in methods:
        if method == ALL:
            found += _all(model)
        else:
            found.append(auto_method(model) if method == "auto" else method)
    return list(dict.fromkeys(found))


def _all(model: VisionModel) -> list[str]:
    fitting = [name for name, obstacle in fit.fitting(model).items() if obstacle is None]
    return [name for name in fitting if is_map(registry.load("explainers", name)())]


def _built(methods: Sequence[MethodLike], options: Mapping[str, Any]) -> dict[str, Explainer]:
    """Texts, as from the command line, are read by the type of their option."""
    texts = {key: value for key, value in options.items() if isinstance(value, str)}
    read = build(methods, texts, text=True)
    return build(list(read.values()), {key: value for key, value in options.items() if key not in texts})
