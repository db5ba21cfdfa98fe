"""Which methods fit a model, and why the others do not."""

from collections.abc import Iterable

from vitxplain import registry
from vitxplain.errors import PluginError, TargetError, UnsupportedModelError
from vitxplain.explainers.base import SHARING, DecoderExplainer, Explainer
from vitxplain.explainers.passes.choose import load_explainer
from vitxplain.models.offers import (
    ATTENTION_MAPS,
    CLASSES,
    DECODER_GRADIENTS,
    GRADIENT_PRODUCTS,
    PATCH_FEATURES,
    unknown_words,
)
from vitxplain.models.parallel.passes import Passes
from vitxplain.models.probing.placement import PLACED
from vitxplain.models.probing.probe import Probe
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import Settled
from vitxplain.types import PixelValues


def fitting(model: VisionModel, size: tuple[int, int] | None = None) -> dict[str, str | None]:
    """Every method's canonical name with None, or the reason why it does not fit this model.

    Costs one probe pass at this input size (height, width), which the model keeps.
    """
    probe = model.probe(size)
    report: dict[str, str | None] = {}
    for name in registry.names("explainers"):
        try:
            report[name] = reason(load_explainer(name), probe)
        except PluginError as error:
            report[name] = str(error)
    return report


def probe_for(
    model: VisionModel,
    explainers: Iterable[Explainer],
    size: tuple[int, int] | None = None,
    images: PixelValues | None = None,
) -> Probe:
    """What the model is at this input size (height, width), as far as these methods have to know."""
    return model.probe(size, images, placed=any(explainer.needs & PLACED for explainer in explainers))


def auto_method(model: VisionModel, size: tuple[int, int] | None = None, *, probe: Probe | None = None) -> str:
    """The method that `auto` stands for: affinity-attention on plain ViTs, else grad-cam; without classes rollout.

    Without classes and with attention of another kind it is raw-attention, without attention patch-similarity.
    Of models that find objects or segments it is gradient-activation (docs/methods/objects.md has what was measured).
    `probe` is the model's at this size, where it is at hand.
    """
    probe = probe or probe_for(model, [], size)
    if CLASSES not in probe.offers:
        if probe.isotropic:
            return "attention-rollout"
        alike = PATCH_FEATURES in probe.offers and ATTENTION_MAPS not in probe.offers
        return "patch-similarity" if alike else "raw-attention"
    if model.task.finds and GRADIENT_PRODUCTS in probe.offers:
        return "gradient-activation"
    return "affinity-attention" if probe.isotropic else "grad-cam"


def needs(method: type[Explainer] | Explainer) -> frozenset[str]:
    """What the model must offer: what the method says, and classes where it is about one.

    Raises:
        PluginError: it says a word that means nothing, so no model could ever offer it.
    """
    if problem := unknown_words(method.needs):
        kind = method if isinstance(method, type) else type(method)
        raise PluginError(f"{kind.__name__} says needs = {sorted(method.needs)}: {problem}.")
    return method.needs | {CLASSES} if method.class_specific else method.needs


def reason(method: type[Explainer] | Explainer, probe: Probe) -> str | None:
    """Why a method does not fit what was probed, as a clause; None if it does."""
    lacking = sorted(needs(method) - probe.offers)
    if not lacking and probe.passes is not None:
        return _obstacle_of_passes(method, probe.passes)
    return probe.missing.get(lacking[0], f"it does not offer {lacking[0]}") if lacking else None


def _obstacle_of_passes(method: type[Explainer] | Explainer, passes: Passes) -> str | None:
    """Why a method's results of passes side by side cannot be added up; None if they can."""
    kind = method if isinstance(method, type) else type(method)
    names = " and ".join(passes.paths)
    if not issubclass(kind, SHARING):
        return None
    if PATCH_FEATURES in method.needs:
        return f"it runs {names} several times or side by side, whose features do not add up; explain it by itself"
    if not passes.weighted and not method.class_specific:
        return f"it puts {names} together in a way that does not say how much each pass counts; explain it by itself"
    if len(passes.paths) > 1 and set(method.axes.split()) & {"layer", "head"}:
        return f"it holds several networks ({names}), whose layers and heads are not the same; explain each by itself"
    return None


def require(
    model: VisionModel,
    explainers: Iterable[Explainer],
    size: tuple[int, int] | None = None,
    *,
    probe: Probe | None = None,
) -> None:
    """Raise UnsupportedModelError, with the methods that do fit, unless all of these do.

    `probe` is the model's at this size, where it is at hand.
    """
    probe = probe or model.probe(size)
    sentences = []
    for explainer in explainers:
        if why := reason(explainer, probe):
            name = registry.name_of("explainers", type(explainer))
            lacking = " and ".join(_in_words(need) for need in sorted(needs(explainer) - probe.offers))
            start = f"{name} needs {lacking}, which {model.source} does not have" if lacking else f"{name} does not fit"
            sentences.append(f"{start}.\n  Why: {why}.")
    if sentences:
        fit = [name for name, obstacle in fitting(model, size).items() if obstacle is None]
        # Nothing that a command could open.
        in_memory = model.source == type(model.module).__name__ or model.source.startswith("scratch ")
        more = "vitxplain.fitting(model) says why" if in_memory else f"vitx methods --model {model.source}"
        methods = f"  Methods for this model: {', '.join(fit) or 'none'}.   ({more})"
        raise UnsupportedModelError("\n".join([*sentences, methods]))


def require_classes_apart(settled: Settled, explainers: Iterable[Explainer]) -> None:
    """Raises:
    TargetError: a target asks why one class and not another, and a method reads a query alone, which knows no class.
    """
    if not any(target.is_difference for target in settled.rounds):
        return
    for explainer in explainers:
        if isinstance(explainer, DecoderExplainer) and DECODER_GRADIENTS not in explainer.needs:
            name = registry.name_of("explainers", type(explainer))
            raise TargetError(
                f"{name} shows what a query reads, whatever the class, so CLASS~OTHER has no map of its own; give the "
                "one class, or take gradient-cross-attention, gradient-activation or d-rise."
            )


def _in_words(need: str) -> str:
    """As it stands in a sentence: attentions, a linear head."""
    words = need.replace("_", " ")
    return words if words.endswith("s") else f"a {words}"
