"""What one model makes of images, by methods and targets: all at once, and where that fails in parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
import torch

from vitxplain import registry
from vitxplain.api import explain_together
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import MethodLike, build, name_of
from vitxplain.explainers.passes.fit import auto_method, reason
from vitxplain.explanation.explanation import Explanation
from vitxplain.geometry import Geometry
from vitxplain.metrics.cascade import cascade
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.probing.observe import noise
from vitxplain.models.vision_model import VisionModel
from vitxplain.render.display import displayed
from vitxplain.scale.attempt import is_of_all_images

# By places of image, method and target: the explanation, or what went wrong.
Outcomes: TypeAlias = dict[tuple[int, int, int], Explanation | Exception]
LONGEST: Final = 400  # pixels of an image on which a control map is made


class UnfitMethodError(UnsupportedModelError):
    """The one method does not fit the model, which others may."""


@dataclass(frozen=True, eq=False)
class Request:
    """Images, methods and targets by their places; `options` are those of `explain_together`."""

    images: Mapping[int, Any]
    explainers: Mapping[int, Explainer]
    targets: Mapping[int, Any]
    options: Mapping[str, Any]

    @property
    def keys(self) -> list[tuple[int, int, int]]:
        return [(i, k, t) for i in self.images for k in self.explainers for t in self.targets]


def outcomes_of(
    model: VisionModel,
    images: Mapping[int, Any],
    methods: Mapping[int, MethodLike],
    targets: Mapping[int, Any],
    method_options: Mapping[str, Any],
    *,
    text: bool,
    **options: Any,
) -> Outcomes:
    """Every explanation, methods and targets of an image by shared passes; of what fails the error.

    `text`: the options of methods are to be parsed.

    Raises:
        OptionError: no method has an option, or it does not take the value.
    """
    chosen = {position: auto_method(model) if method == "auto" else method for position, method in methods.items()}
    by_name = [method for method in chosen.values() if isinstance(method, str)]
    built = build(by_name, method_options, text=text)
    explainers = {
        position: built[_name(method)] if isinstance(method, str) else next(iter(build([method], {}).values()))
        for position, method in chosen.items()
    }
    probe = model.probe()
    unfit = {position: why for position, explainer in explainers.items() if (why := reason(explainer, probe))}
    request = Request(images, {p: e for p, e in explainers.items() if p not in unfit}, targets, options)
    made = _explained(model, request) if request.explainers else {}
    for position, why in unfit.items():
        error = UnfitMethodError(f"{name_of(explainers[position])} does not fit: {why}.")
        made |= {(image, position, target): error for image in images for target in targets}
    return made


def _name(method: str) -> str:
    return registry.canonical("explainers", method)


def _explained(model: VisionModel, request: Request) -> Outcomes:
    try:
        return _together(model, request)
    except Exception as error:
        images, explainers, targets = request.images, request.explainers, request.targets
        if len(images) > 1 and not is_of_all_images(error, model):
            parts = [replace(request, images={i: images[i]}) for i in images]
        elif len(targets) > 1:
            parts = [replace(request, targets={t: targets[t]}) for t in targets]
        elif len(explainers) > 1:
            parts = [replace(request, explainers={k: explainers[k]}) for k in explainers]
        else:
            return dict.fromkeys(request.keys, error)
        return {key: outcome for part in parts for key, outcome in _explained(model, part).items()}


def _together(model: VisionModel, request: Request) -> Outcomes:
    spelled, images = list(request.targets.values()), list(request.images.values())
    single = len(spelled) == 1
    target = spelled[0] if single and spelled[0] is None else [spelled] * len(images)
    outcomes: Outcomes = {}
    for explainers in _rounds(request.explainers):
        made = explain_together(model, images, list(explainers.values()), target=target, **request.options)
        for k, explainer in explainers.items():
            for i, outcome in zip(request.images, made[name_of(explainer)], strict=True):
                of_image: list[Explanation] = outcome if isinstance(outcome, list) else [outcome]
                if not single and len(of_image) != len(spelled):
                    raise ValueError("a target means several things, or the same as another one")
                outcomes |= {(i, k, t): of_image[position] for position, t in enumerate(request.targets)}
    return outcomes


def _rounds(explainers: Mapping[int, Explainer]) -> list[dict[int, Explainer]]:
    """One method with other options needs another pass."""
    rounds: list[dict[int, Explainer]] = []
    for position, explainer in explainers.items():
        free = [members for members in rounds if _goes_with(explainer, members.values())]
        if not free:
            rounds.append({})
        (free or rounds[-1:])[0][position] = explainer
    return rounds


def _goes_with(explainer: Explainer, others: Iterable[Explainer]) -> bool:
    return all(other == explainer or name_of(other) != name_of(explainer) for other in others)


def control_map(name: str, like: Explanation) -> Explanation:
    """A map that knows nothing of the model, of the image of an explanation."""
    small = displayed(like, LONGEST) if max(like.image.size) > LONGEST else like
    size = small.image.height, small.image.width
    values = CONTROLS[name](small.image).astype(np.float32)
    return Explanation(
        values=values,
        axes="row column",
        method=name,
        options={},
        prediction=small.prediction,
        target=None,
        grid=None,
        geometry=Geometry.identity(size),
        image=small.image,
        task=small.task,
    )


def with_random_weights(model: VisionModel, seed: int = 0) -> VisionModel:
    """A copy of the model, each of its tensors in another order (Adebayo et al. 2018, arXiv 1810.03292)."""

    def run(copy: torch.nn.Module) -> None:
        changed = model.changed(module=copy)
        with undisturbed(copy), torch.inference_mode():
            changed.outputs(noise(changed, changed.processor.input_size))

    (copy,) = cascade(model.module, run, 1, seed)
    return model.changed(module=copy)
