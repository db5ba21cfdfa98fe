"""Which class of transformers opens the weights of a configuration, and where they are put."""

from typing import Any

from torch import nn

from vitxplain.errors import ModelLoadError
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.devices import fits, offload_folder
from vitxplain.models.task_classes import class_of_task
from vitxplain.models.tasks import check_architectures, dense_class, task_of_classes


def network_class(source: str, config: Any, request: LoadRequest) -> Any:
    """The class of transformers that opens the weights: of a detector or segmenter its own, else that of classifiers.

    Raises:
        ModelLoadError: the configuration is of a task that is not explained.
    """
    import transformers

    if (other := other_task_class(config, request)) is not None:
        return getattr(transformers, other)
    if is_masked_autoencoder(config) and not request.new_head:
        return transformers.AutoModel
    remote = "AutoModelForImageClassification" in getattr(config, "auto_map", {})
    known_type = type(config) in transformers.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING
    if not (known_type and request.new_head):  # a model of another task may lend its weights to a new head
        check_architectures(source, config.architectures or ())
        dense = dense_class(config.architectures or ())
        if dense is not None:
            return getattr(transformers, dense, transformers.AutoModelForSemanticSegmentation)  # the latter: ours
    if known_type or (remote and request.trust_remote_code):
        return transformers.AutoModelForImageClassification
    kind = ", ".join(config.architectures or []) or f"of type {config.model_type}"
    raise ModelLoadError(
        f"{source} is {kind}, which is opened here neither as a classifier, detector or segmenter of images nor as an "
        "encoder of them; give one of these, such as those of https://huggingface.co/models?pipeline_tag=TAG with the "
        "tag image-classification, object-detection, image-segmentation or image-feature-extraction. A module of your "
        "own goes in from Python."
    )


def is_masked_autoencoder(config: Any) -> bool:
    """Whether the weights are of an encoder that hides most patches while it learns (MAE, arXiv 2111.06377)."""
    return config.model_type == "vit_mae"


def for_use(config: Any) -> Any:
    """The configuration without what is for learning alone.

    A masked autoencoder hides no patch, and OneFormer (arXiv 2211.06220) wants no texts of what an image shows.
    """
    if getattr(config, "is_training", False) is True:
        config.is_training = False
    if is_masked_autoencoder(config):
        config.mask_ratio = 0.0
    return config


def other_task_class(config: Any, request: LoadRequest) -> str | None:
    """The class for the task that is wanted, where the weights are of a model for another; else None."""
    if request.task in (None, task_of_classes(config.architectures or ())):
        return None
    return class_of_task(config.model_type, str(request.task))


def placement_arguments(config: Any, request: LoadRequest, network: Any) -> dict[str, Any]:
    """Where from_pretrained shall put the weights: nowhere special, by the user's map, or spread as memory allows."""
    if request.device_map is not None:
        return {"device_map": request.device_map, "offload_folder": offload_folder()}
    if request.device is None or _fits(config, request, network):
        return {}
    return {"device_map": "auto", "offload_folder": offload_folder()}


def _fits(config: Any, request: LoadRequest, network: Any) -> bool:
    from accelerate import init_empty_weights

    with init_empty_weights():
        if isinstance(network, type) and issubclass(network, nn.Module):
            empty = network(config)
        else:
            empty = network.from_config(config, trust_remote_code=request.trust_remote_code)
    return request.device is None or fits(empty, request.device, request.dtype or getattr(config, "dtype", None))
