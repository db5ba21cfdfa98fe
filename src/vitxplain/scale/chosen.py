"""What is explained by what: the model, its methods with their options, and the targets of each image."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import MethodLike, build, check_names
from vitxplain.explainers.passes.fit import auto_method, probe_for, require
from vitxplain.models.loading.load import load_model
from vitxplain.models.opened import ModelLike, model_for
from vitxplain.models.vision_model import VisionModel
from vitxplain.scale.wanted import Wanted, targets


class Chosen(NamedTuple):
    """All that explaining an image needs."""

    model: VisionModel
    explainers: Mapping[str, Explainer]
    wanted: Sequence[Wanted]


def loaded_for(methods: Sequence[MethodLike], model: ModelLike, device: str = "auto") -> VisionModel:
    """The model, opened on the device where it is given by name, once there are methods of these names.

    Raises:
        UsageError: no such method.
        ModelLoadError: there is no such model.
    """
    check_names(methods)
    return load_model(model, device=device) if isinstance(model, str) else model_for(model)


def chosen(
    model: VisionModel,
    methods: Sequence[MethodLike],
    options: Mapping[str, Any],
    target: str | Sequence[str],
    top_k: int,
    min_score: float | None,
    *,
    text: bool = False,
) -> Chosen:
    """The methods built and checked to fit the model, the targets read.

    `text`: the values of options are to be parsed.

    Raises:
        UsageError: no such option or class.
        UnsupportedModelError: a method does not fit the model.
    """
    loaded = model.finding_from(min_score)
    explainers = build([auto_method(loaded) if method == "auto" else method for method in methods], options, text=text)
    require(loaded, explainers.values(), probe=probe_for(loaded, explainers.values()))
    return Chosen(loaded, explainers, targets(loaded, [target] if isinstance(target, str) else list(target), top_k))
