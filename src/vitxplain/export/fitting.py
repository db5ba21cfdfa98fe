"""Which methods can be exported: those that one forward pass is enough for, and that make a map."""

from vitxplain import registry
from vitxplain.errors import PluginError, UnsupportedModelError
from vitxplain.explainers.base import AttentionExplainer, Explainer, LayerExplainer, says_where
from vitxplain.explainers.passes.choose import load_explainer
from vitxplain.explainers.passes.fit import fitting
from vitxplain.models.offers import ATTENTION_GRADIENTS, DECODER_QUERIES, GRADIENTS, OBJECTS
from vitxplain.models.vision_model import VisionModel

PREFERRED = ("attention-rollout", "cam", "raw-attention")  # what "auto" tries, in this order


def auto_method(model: VisionModel) -> str:
    """The method "auto" stands for here: the first of `PREFERRED` that fits.

    Raises:
        UnsupportedModelError: none does.
    """
    report = fitting(model)
    for name in PREFERRED:
        if name in report and report[name] is None:
            return name
    why = "\n".join(f"  {name}: {report.get(name)}." for name in PREFERRED)
    raise UnsupportedModelError(f"no method that can be exported fits {model.source}.\n{why}")


def check_exportable(explainer: Explainer) -> None:
    """Raise UnsupportedModelError, naming the methods that can be exported, if this one cannot, whatever the model."""
    if why := obstacle(type(explainer)):
        name = registry.name_of("explainers", type(explainer))
        raise UnsupportedModelError(f"{name} cannot be exported: {why}.\n  Those that can: {', '.join(exportable())}.")


def exportable() -> list[str]:
    """The methods that can be exported, whatever the model."""
    names = []
    for name in registry.names("explainers"):
        try:
            if obstacle(load_explainer(name)) is None:
                names.append(name)
        except PluginError:  # said by `vitx info`; no matter here
            continue
    return names


def obstacle(method: type[Explainer]) -> str | None:
    """Why a method cannot be part of an ONNX graph, as a clause; None if it can."""
    if method.needs & {GRADIENTS, ATTENTION_GRADIENTS}:
        return "it needs gradients, and an ONNX graph runs forward only"
    if method.needs & {DECODER_QUERIES, OBJECTS}:
        return "it is about what a detector or segmenter finds, and these are not exported"
    if not issubclass(method, (AttentionExplainer, LayerExplainer)):
        return "it does not read its values from the model's one forward pass on the image"
    if not says_where(method.axes):
        return f"it gives numbers for each {' and '.join(method.axes.split()[1:])}, no map of the image"
    return None
