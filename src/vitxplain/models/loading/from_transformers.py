"""Models of the transformers library: Hub ids, folders and objects already in memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from torch import nn

from vitxplain.errors import ModelLoadError, VitxplainError
from vitxplain.models.known_models import OWN_TYPES
from vitxplain.models.labels import class_names
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.checkpoint import check_complete, check_has_weights, check_is_model, loading_error
from vitxplain.models.loading.devices import remove_with
from vitxplain.models.loading.from_module import chosen_processor, no_processor
from vitxplain.models.loading.hub import HubModel, hub_error, look_up, processor_pin
from vitxplain.models.loading.network import for_use, network_class, other_task_class, placement_arguments
from vitxplain.models.loading.quiet import quiet_transformers
from vitxplain.models.outputs.activations import by_problem
from vitxplain.models.processors.forward_inputs import forward_inputs, wants_its_task
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.task_words import TaskWords
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.models.startup import end_startup
from vitxplain.models.surgery.classifier_heads import head_paths, same_for
from vitxplain.models.tasks import (
    are_encoders,
    check_class,
    described,
    is_detector_class,
    is_encoder_class,
    is_mask_class,
    is_segmenter_class,
)
from vitxplain.models.trust.model_classes import check_processor_class
from vitxplain.models.trust.network_size import (
    StoredWeights,
    bounded,
    check_numbers,
    check_processor_size,
    stored_weights,
)
from vitxplain.models.trust.settings import check_class_names, check_settings
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import Task
from vitxplain.tasks.classification import Classification
from vitxplain.tasks.detection import detection
from vitxplain.tasks.masks import segmentation_by_masks
from vitxplain.tasks.pixel_classes import PixelClasses


def load_from_hub(repo_id: str, request: LoadRequest) -> VisionModel:
    """A model of the Hub, or of the cache, at one commit."""
    from huggingface_hub.errors import RemoteEntryNotFoundError

    try:
        hub_model = look_up(repo_id, request.revision)
    except RemoteEntryNotFoundError as error:
        raise ModelLoadError(
            f"{repo_id} has no config.json on the Hub, so it is no transformers model; timm's and torchvision's are "
            "named timm:NAME and torchvision:NAME."
        ) from error
    return _load(repo_id, hub_model, request)


def load_from_folder(folder: Path, request: LoadRequest) -> VisionModel:
    """A folder that `save_pretrained` wrote."""
    check_is_model(folder)
    check_has_weights(folder, allow_pickle=request.allow_pickle)
    return _load(str(folder), None, request)


def wrap(module: nn.Module, request: LoadRequest) -> VisionModel:
    """A transformers classifier already in memory, left as it is."""
    config: Any = module.config
    name = getattr(config, "_name_or_path", "") or ""
    check_class(name or type(module).__name__, module)
    channels = getattr(config, "num_channels", None)
    processor = chosen_processor(request, channels=channels or 3, wrap=_wrapper(request, channels))
    if processor is None and name:
        commit = getattr(config, "_commit_hash", None)
        processor = _own_processor(name, {"revision": commit} if commit else {}, request, channels)
    if processor is None:
        raise no_processor(type(module).__name__, config=config)
    return _assemble(module, name or type(module).__name__, None, processor, _task_words(module, name, {}, request))


def _load(source: str, hub_model: HubModel | None, request: LoadRequest) -> VisionModel:
    from transformers import AutoConfig, AutoModel, PreTrainedConfig

    pinned = hub_model.pinned if hub_model else {}
    trust = request.trust_remote_code
    with _translated(source, hub_model):
        settings = PreTrainedConfig.get_config_dict(source, **pinned)[0]
        if str(settings.get("model_type")).startswith(OWN_TYPES):
            import vitxplain.models.scratch.scratch  # noqa: F401 - makes our own known to the Auto classes
        check_numbers(source, settings)
        check_class_names(source, settings)
        if not trust:  # as they are stored: some settings are gone once they are read
            check_settings(source, settings)
        config = for_use(AutoConfig.from_pretrained(source, trust_remote_code=trust, **pinned))
    network = network_class(source, config, request)
    stored = stored_weights(Path(source)) if hub_model is None else StoredWeights()
    with _translated(source, hub_model), bounded(source, stored):
        placement = placement_arguments(config, request, network)
    end_startup()  # all that takes long to import is there, and no weights yet
    arguments = {
        "config": config,
        "dtype": request.dtype or "auto",
        "use_safetensors": None if request.allow_pickle else True,
        "output_loading_info": True,
        **placement,
        **pinned,
    }
    with _translated(source, hub_model), bounded(source, stored):
        module, report = network.from_pretrained(
            source,
            ignore_mismatched_sizes=True,  # told apart, and refused, by check_complete
            trust_remote_code=trust,
            **arguments,
        )
    if "offload_folder" in placement:
        remove_with(module, placement["offload_folder"])
    if request.new_head:
        report = _without_head(module, report)
    if other_task_class(config, request) is not None:
        report = _without_new_parts(module, report)
    if report["missing_keys"] and are_encoders(config.architectures or ()):
        with _translated(source, hub_model):  # no classifier among its weights: the encoder alone
            module, report = AutoModel.from_pretrained(source, trust_remote_code=trust, **arguments)
        report = _without_pooler(module, report)
    check_complete(source, report, described(config.architectures or ()))
    channels = getattr(config, "num_channels", None)
    processor = chosen_processor(request, channels=channels or 3, wrap=_wrapper(request, channels))
    processor = processor or _own_processor(source, pinned, request, channels)
    words = _task_words(module, source, pinned, request)
    return _assemble(module.eval(), source, hub_model.commit if hub_model else None, processor, words)


def _without_pooler(module: Any, report: dict[str, Any]) -> dict[str, Any]:
    """An encoder saved without its pooler gives its tokens; the report, which does not miss it then."""
    missing = report["missing_keys"]
    if not missing or not all(key.startswith("pooler.") for key in missing):
        return report
    module.pooler = None
    return report | {"missing_keys": []}


def _without_head(module: nn.Module, report: dict[str, Any]) -> dict[str, Any]:
    """A loading report that does not miss what depends on the number of classes."""
    heads = tuple(f"{path}." for path in head_paths(lambda classes: same_for(module, classes)))
    return report | {"missing_keys": [key for key in report["missing_keys"] if not key.startswith(heads)]}


def _without_new_parts(module: nn.Module, report: dict[str, Any]) -> dict[str, Any]:
    """A loading report that misses nothing where a model for another task lends at least half of the weights."""
    sizes = {name: weight.numel() for name, weight in module.named_parameters()}
    missing = sum(sizes.get(name, 0) for name in report["missing_keys"])
    return report | {"missing_keys": []} if 2 * missing < sum(sizes.values()) else report


def _assemble(
    module: nn.Module, source: str, commit: str | None, processor: Processor, words: TaskWords | None = None
) -> VisionModel:
    config: Any = module.config
    labels = {} if is_encoder_class(module) else class_names(getattr(config, "id2label", None) or {})
    task = task_of(module, labels, processor)
    inputs = forward_inputs(module, processor.input_size, words)
    return VisionModel(module, source, processor, labels, revision=commit, inputs=inputs, task=task)


def task_of(module: nn.Module, labels: Mapping[int, str], processor: Processor) -> Task:
    """The task of a model of transformers, by its class."""
    if is_detector_class(module):
        return detection(len(labels), processor.library)
    if is_segmenter_class(module):
        return PixelClasses()
    if is_mask_class(module):
        return segmentation_by_masks(len(labels), processor.library)
    activation = by_problem(getattr(module.config, "problem_type", None), len(labels))
    return Classification(multi_label=activation == "sigmoid", values=activation == "none")


def _own_processor(source: str, pinned: dict[str, Any], request: LoadRequest, channels: int | None) -> Processor:
    from transformers import AutoImageProcessor

    try:
        pinned = processor_pin(source, pinned)
        with quiet_transformers():
            check_processor_class(source, _processor_type(source, pinned))
            # PIL's arithmetic everywhere: the same pixels whether or not torchvision is installed.
            processor = AutoImageProcessor.from_pretrained(
                source, backend="pil", trust_remote_code=request.trust_remote_code, **pinned
            )
            check_processor_size(source, processor)
            return wrap_processor(processor, request.image_size, channels)
    except VitxplainError:
        raise
    except Exception as error:
        raise no_processor(source, error) from error


def _task_words(module: Any, source: str, pinned: dict[str, Any], request: LoadRequest) -> TaskWords | None:
    """What tells a model its task in words; None where it is told none, or has no tokenizer."""
    if not wants_its_task(module):
        return None
    from transformers import CLIPTokenizer  # no Auto class: nothing of the files says what code runs

    tokenizer = getattr(request.processor, "tokenizer", None)
    if tokenizer is None and source:
        with suppress(OSError, ValueError), quiet_transformers():
            tokenizer = CLIPTokenizer.from_pretrained(source, **pinned)
    return None if tokenizer is None else TaskWords(tokenizer, module.config.task_seq_len)


def _processor_type(source: str, pinned: dict[str, Any]) -> str | None:
    """The class of its processor that a model's files name, as transformers reads them; None where none is named."""
    from transformers import ImageProcessingMixin

    with suppress(OSError):  # no such file: reading the processor says so
        stored, _ = ImageProcessingMixin.get_image_processor_dict(source, **pinned)
        return stored.get("image_processor_type")
    return None


def _wrapper(request: LoadRequest, channels: int | None) -> Callable[[Any], Processor]:
    """What to do with a transformers processor (or the name of one) that the user gave."""

    def wrap_chosen(processor: Any) -> Processor:
        if isinstance(processor, str):
            return _own_processor(processor, {}, request, channels)
        return wrap_processor(processor, request.image_size, channels)

    return wrap_chosen


@contextmanager
def _translated(source: str, hub_model: HubModel | None) -> Iterator[None]:
    """Turns failures of transformers into a ModelLoadError."""
    try:
        with quiet_transformers():
            yield
    except VitxplainError:
        raise
    except Exception as error:
        if hub_model and isinstance(error, OSError) and not hub_model.reachable:  # cached in part
            raise hub_error(error, source) from error
        raise loading_error(source, error, hub_error(error, source) if hub_model else None) from error
