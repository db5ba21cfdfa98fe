"""All that authors of plugins import: the contracts of methods, metrics, adapters and tasks, and what serves them."""

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.undisturbed import ready, undisturbed
from vitxplain.errors import (
    CaptureError,
    DataError,
    ImageError,
    ModelLoadError,
    OptionError,
    OutputError,
    PluginError,
    TargetError,
    TrainError,
    UnknownNameError,
    UnsupportedModelError,
    UsageError,
    VitxplainError,
)
from vitxplain.explainers.base import (
    AttentionExplainer,
    DecoderExplainer,
    DecoderLayer,
    Explainer,
    LayerExplainer,
)
from vitxplain.explainers.gradient_attention import positive_gradient_attention
from vitxplain.explainers.passes.choose import build as build_explainers
from vitxplain.explainers.passes.collector import Collector
from vitxplain.explainers.passes.fit import require
from vitxplain.explainers.passes.pass_result import PassResult
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.token_flow import carry_relevance, start_reading
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.metrics.base import Case, Heat, Metric, Subject
from vitxplain.metrics.curve import CurveMetric
from vitxplain.metrics.pixels import PixelMetric
from vitxplain.models import offers
from vitxplain.models.loading.adapter import Adapter, LoadRequest
from vitxplain.models.plain_pass import plain_pass_on_failure
from vitxplain.models.processors.processor import Processor
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_count, check_flag, check_index, check_name, check_share, layers_from
from vitxplain.tasks.base import LOGITS, ExplainedTarget, Prediction, Target, TargetLike, Task, TaskOutputs
from vitxplain.types import Attention, FeatureMap, Logits, PatchMap, PixelValues, Scores, TokenMatrix, TokenVector

__all__ = [
    "LOGITS",
    "Adapter",
    "Attention",
    "AttentionExplainer",
    "AttentionLayout",
    "AttentionRecord",
    "AttentionTap",
    "CaptureError",
    "Case",
    "Collector",
    "CurveMetric",
    "DataError",
    "DecoderExplainer",
    "DecoderLayer",
    "ExplainedTarget",
    "Explainer",
    "FeatureMap",
    "Geometry",
    "Heat",
    "ImageError",
    "LayerActivation",
    "LayerExplainer",
    "LoadRequest",
    "Logits",
    "Metric",
    "ModelLoadError",
    "OptionError",
    "OutputError",
    "PassResult",
    "PatchMap",
    "PixelMetric",
    "PixelValues",
    "PluginError",
    "Prediction",
    "Processor",
    "Scores",
    "Subject",
    "Target",
    "TargetError",
    "TargetLike",
    "Task",
    "TaskOutputs",
    "TokenGrid",
    "TokenMatrix",
    "TokenVector",
    "TrainError",
    "UnknownNameError",
    "UnsupportedModelError",
    "UsageError",
    "VisionModel",
    "VitxplainError",
    "build_explainers",
    "carry_relevance",
    "check_count",
    "check_flag",
    "check_index",
    "check_name",
    "check_share",
    "layers_from",
    "offers",
    "plain_pass_on_failure",
    "positive_gradient_attention",
    "ready",
    "require",
    "shared_pass",
    "start_reading",
    "undisturbed",
]
