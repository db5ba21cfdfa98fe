"""The class of transformers for a task and a type of configuration."""

from typing import Final

# Names of transformers' tables of classes by type of configuration; the first that has the type counts.
_TABLES: Final = {
    "image-classification": ("IMAGE_CLASSIFICATION",),
    "object-detection": ("OBJECT_DETECTION",),
    "image-segmentation": ("SEMANTIC_SEGMENTATION", "UNIVERSAL_SEGMENTATION", "INSTANCE_SEGMENTATION"),
}


def class_of_task(model_type: str, task: str) -> str | None:
    """Its name; None where there is none."""
    from transformers.models.auto import modeling_auto

    for table in _TABLES[task]:
        classes = getattr(modeling_auto, f"MODEL_FOR_{table}_MAPPING_NAMES").get(model_type)
        if classes is not None:
            return classes if isinstance(classes, str) else classes[0]
    return None
