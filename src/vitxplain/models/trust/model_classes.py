"""Which classes of transformers a model's files may name: those of its own tables, and nothing else it offers."""

from typing import Any

from vitxplain.errors import ModelLoadError


def classifier_class(source: str, config: Any) -> type:
    """The class of image classifiers that a configuration stands for; of several the one its `architectures` name.

    A class that transformers does not know, the user's own derived from a known one, stands for the known one.

    Raises:
        ModelLoadError: there is none for this kind of model, or `architectures` names something else of transformers.
    """
    import transformers
    from transformers import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING

    classifiers = _classes(MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING, config)
    if not classifiers:
        raise ModelLoadError(
            f"{source} describes a model of type {config.model_type!r}, of which transformers has no image classifier; "
            "save it again as one."
        )
    by_name = {one.__name__: one for one in classifiers}
    names = [str(name) for name in config.architectures or ()]
    foreign = [name for name in names if name not in by_name and hasattr(transformers, name)]
    if foreign:
        raise ModelLoadError(
            f"{source} names {foreign[0]!r} among its architectures, which is no image classifier of type "
            f"{config.model_type!r}; it should be {' or '.join(by_name)}. Save the model again, or correct the name."
        )
    return next((by_name[name] for name in names if name in by_name), classifiers[0])


def check_processor_class(source: str, name: str | None) -> None:
    """Raises:
    ModelLoadError: `name` is something of transformers that is no image processor. A name that transformers does not
        have at all passes: reading the processor says so.
    """
    import transformers
    from transformers.utils import DummyObject  # stands for a class whose library is not installed

    processor = getattr(transformers, name, None) if name else None
    if processor is None or isinstance(processor, DummyObject):
        return
    if not (isinstance(processor, type) and issubclass(processor, transformers.ImageProcessingMixin)):
        raise ModelLoadError(
            f"{source} names {name!r} as its image processor, which is none; correct image_processor_type in its "
            "preprocessor_config.json, or give another with processor=."
        )


def _classes(table: Any, config: Any) -> tuple[type, ...]:
    if type(config) not in table:
        return ()
    classes = table[type(config)]
    return tuple(classes) if isinstance(classes, (list, tuple)) else (classes,)
