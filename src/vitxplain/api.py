"""The whole road on one screen: load -> adapt -> capture -> explain."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, overload

from torch import Tensor

from vitxplain.capture.undisturbed import ready as usable
from vitxplain.data.target_mask import with_masks_read
from vitxplain.errors import OptionError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes import fit
from vitxplain.explainers.passes.choose import MethodLike, check_names, named_explainer, several, with_options
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.explainers.passes.joint import over_call
from vitxplain.explainers.passes.layer_activation import with_names
from vitxplain.explainers.passes.results import explanations, gathered
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.query import tokens_apart, with_query
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.explanation_list import ExplanationList
from vitxplain.models.labels import names_of
from vitxplain.models.opened import ModelLike, model_for
from vitxplain.models.processors.batches import BATCH_SIZE, Batch, Images, Picture, batches, image_list, numbered
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_count
from vitxplain.other_libraries.hints import option_hint
from vitxplain.tasks.base import Target, TargetLike
from vitxplain.tasks.features import Features, NoTarget
from vitxplain.tasks.spelled_targets import asks_for_several, targets_of

__all__ = ["explain", "explain_prepared", "explain_together", "fitting"]


@overload
def explain(model: ModelLike, image: Picture, method: MethodLike = ..., **options: Any) -> Explanation: ...


@overload
def explain(
    model: ModelLike, image: list[Any] | tuple[Any, ...], method: MethodLike = ..., **options: Any
) -> list[Explanation]: ...


@overload
def explain(model: ModelLike, image: Tensor, method: MethodLike = ..., **options: Any) -> Any: ...


def explain(
    model: ModelLike,
    image: Images,
    method: MethodLike = "auto",
    *,
    target: TargetLike = None,
    top_k: int = 5,
    batch_size: int = BATCH_SIZE,
    output: str | int = "auto",
    activation: str = "auto",
    min_score: float | None = None,
    **options: Any,
) -> Any:
    """Why the model says what it says about an image.

    Args:
        model: a source string (`load_model`), an nn.Module, what holds one (a pipeline of transformers, a Learner of
            fastai), or a loaded VisionModel.
        image: a path, URL, bytes, open file, PIL image or array (height, width, channels) of 0 to 255 or [0, 1], or
            ready pixel_values as a float tensor (channels, height, width). A list of these, or a tensor with a batch
            axis, gives a list, whose `to_pandas()` is a table.
        method: a name or alias of `vitx methods`, or an Explainer. "auto" is affinity-attention on plain ViTs, else
            grad-cam; of detectors and segmenters gradient-activation.
        target: the class to explain, an index or a name; None is each image's top class; "cat~dog" asks why the one
            rather than the other. Of a detector or segmenter "object:0", "dog#1", "box:10,20,90,80", "@50,40",
            "segment:0" or "all", in pixels of the image; None is the best object. Several images take a list with one
            each. One image takes a list of several, which gives a list; so does each image of several for a list of
            its own, and "all".
        top_k: how many classes `Explanation.prediction` holds.
        batch_size: how many images run through the model together.
        output: which of the model's outputs are the class scores, as in `load_model`.
        activation: what makes probabilities of them, as in `load_model`.
        min_score: from which score on a detector's object counts as found; None is the model's library's own.
        options: hyper-parameters of the method.

    Raises:
        UnsupportedModelError: the method does not fit the model; the message names those that do.
        UsageError: no such method, option or class.
    """
    if "methods" in options:
        raise OptionError(f"explain has no option 'methods': {option_hint('methods')}")
    images: Any = image
    results = explain_together(
        model,
        images,
        [method],
        target=target,
        top_k=top_k,
        batch_size=batch_size,
        output=output,
        activation=activation,
        min_score=min_score,
        **options,
    )
    return next(iter(results.values()))


@overload
def explain_together(
    model: ModelLike, images: Picture, methods: Iterable[MethodLike], **options: Any
) -> dict[str, Explanation]: ...


@overload
def explain_together(
    model: ModelLike, images: list[Any] | tuple[Any, ...], methods: Iterable[MethodLike], **options: Any
) -> dict[str, list[Explanation]]: ...


@overload
def explain_together(
    model: ModelLike, images: Tensor, methods: Iterable[MethodLike], **options: Any
) -> dict[str, Any]: ...


def explain_together(
    model: ModelLike,
    images: Images,
    methods: Iterable[MethodLike],
    *,
    target: TargetLike = None,
    top_k: int = 5,
    batch_size: int = BATCH_SIZE,
    output: str | int = "auto",
    activation: str = "auto",
    min_score: float | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Several methods that share one forward and at most one backward pass; by canonical name, in the order asked.

    An option goes to every method that has it, `**{"grad-cam.layer": "layer4"}` to one. Otherwise as `explain`.
    """
    (pictures, single), methods = image_list(images), several(methods)
    check_count("top_k", top_k)
    check_count("batch_size", batch_size)
    check_names(methods)
    target = with_masks_read(target)
    loaded = model_for(model, pictures, output=output, activation=activation).finding_from(min_score)
    several_targets = asks_for_several(target, single=single)
    by_token = isinstance(loaded.task, Features) and target is not None
    prepared = batches(loaded.processor, pictures, 1 if by_token else batch_size)
    results = explain_prepared(
        loaded,
        prepared if single else map(numbered, prepared),
        len(pictures),
        methods,
        target=target,
        single=single,
        top_k=top_k,
        options=with_names(loaded.module, options),
        again=(lambda: batches(loaded.processor, pictures, batch_size)) if len(pictures) > 1 else None,
    )
    shown = {
        name: ExplanationList(ExplanationList(of_image) if several_targets else of_image[0] for of_image in items)
        for name, items in results.items()
    }
    return {name: items[0] for name, items in shown.items()} if single else dict(shown)


def explain_prepared(
    model: VisionModel,
    prepared: Iterable[Batch],
    count: int,
    methods: Sequence[MethodLike],
    *,
    target: TargetLike = None,
    single: bool = False,
    top_k: int = 5,
    options: Mapping[str, Any] | None = None,
    again: Callable[[], Iterable[Batch]] | None = None,
) -> dict[str, list[list[Explanation]]]:
    """The same of `count` images that are model input already: by method, image and target. `options` are by name.

    `single` says whether a list of targets is that of the only image, and not one an image; `again` gives all images
    once more, for methods that take something of all of them (without it they take each alone).
    """
    target_of_all: Target | None = None
    parts, earlier = [], dict[str, Explainer]()
    chosen = [None if method == "auto" else named_explainer(method) for method in methods]
    for batch in prepared:
        started = perf_counter()
        by_name = [explainer for _, explainer in filter(None, chosen)]
        probe = fit.probe_for(model, by_name, batch.size, usable(batch.pixel_values))
        if target_of_all is None:  # by the outputs as they are: the head may be another one than at loading
            labels = names_of(model.labels, probe.num_labels)
            target_of_all = targets_of(model.task, target, labels, single=single)
            target_of_all.check(count)
        named = [pair or named_explainer(auto_method(model, probe=probe)) for pair in chosen]
        explainers = {name: earlier.get(name, one) for name, one in with_options(named, options or {}).items()}
        if again is not None:
            explainers = over_call(model, explainers, again)
        earlier |= explainers
        of_batch = model.on_part(batch.part)
        frames = [of_batch.frame(geometry) for geometry in batch.geometries]
        target_of_batch = target_of_all.select(batch.positions).on_images(frames)
        preparing = perf_counter() - started
        for of_pass in tokens_apart(target_of_batch):  # a token that asks does so in a pass of its own
            started = perf_counter()
            spelling = None if target is None else (of_pass.token or "") if isinstance(of_pass, NoTarget) else ""
            asking = with_query(explainers, of_pass, probe, batch.geometries[0])
            result = shared_pass(of_batch, batch.pixel_values, list(asking.values()), of_pass, probe=probe)
            seconds = (preparing + perf_counter() - started) / len(batch.images)
            made = explanations(model, probe, batch, asking, result, top_k=top_k, seconds=seconds, spelling=spelling)
            parts.append((batch, made))
    return gathered(parts, count)


def fitting(model: ModelLike, size: tuple[int, int] | None = None) -> dict[str, str | None]:
    """Every method's canonical name with None, or the reason why it does not fit this model.

    Costs one probe pass at this input size (height, width), which a loaded model keeps.
    """
    return fit.fitting(model_for(model), size)
