"""Settings of a configuration that would run or fetch something beyond the model's own folder."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vitxplain.errors import ModelLoadError

ATTENTION: Final = ("attn_implementation", "_attn_implementation", "experts_implementation", "_experts_implementation")
TIMM_NAMES: Final = ("architecture", "backbone")  # what timm.create_model is called with
# Arguments of timm.create_model that name files, of which timm opens pickles too; the weights are the folder's own.
TIMM_FILES: Final = ("checkpoint_path", "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "cache_dir")
TIMM_ARGUMENTS: Final = ("model_args", "backbone_kwargs")


def check_settings(source: str, settings: Mapping[str, Any]) -> None:
    """Raises:
    ModelLoadError: a configuration, or one inside it, asks for attention code of the Hub, or for a model or weights
        that timm would fetch or open beside the model's own.
    """
    for part in _parts(settings):
        for key in ATTENTION:
            if any("/" in word for word in _words(part.get(key))):
                raise _refused(source, key, part[key], "code from the Hub")
        for key in TIMM_NAMES:
            if any(":" in word or "/" in word for word in _words(part.get(key))) and _is_timm(part):
                raise _refused(source, key, part[key], "a model from elsewhere")
        for key in TIMM_ARGUMENTS:
            arguments = part.get(key)
            files = [name for name in TIMM_FILES if isinstance(arguments, Mapping) and arguments.get(name)]
            if files and isinstance(arguments, Mapping):
                raise _refused(source, f"{key}.{files[0]}", arguments[files[0]], "weights from elsewhere")


def check_class_names(source: str, settings: Mapping[str, Any]) -> None:
    """Raises:
    ModelLoadError: the classes that a configuration says it is of are no list of names.
    """
    names = settings.get("architectures")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ModelLoadError(
            f"the configuration of {source} has {names!r:.60} for architectures, where a list with the name of its "
            'class is expected, such as ["ViTForImageClassification"]; correct its config.json.'
        )


def _parts(settings: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The settings and every mapping inside them, however deep."""
    waiting: list[Any] = [settings]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)


def _words(value: Any) -> list[str]:
    """The texts of a setting, which may be one, or a mapping of them."""
    values = value.values() if isinstance(value, Mapping) else [value]
    return [one for one in values if isinstance(one, str)]


def _is_timm(part: Mapping[str, Any]) -> bool:
    return "timm" in str(part.get("model_type", "")) or bool(part.get("use_timm_backbone"))


def _refused(source: str, key: str, value: Any, what: str) -> ModelLoadError:
    return ModelLoadError(
        f"the configuration of {source} asks for {what} ({key} is {str(value)[:80]!r}), which is not fetched unless "
        "asked for; take the setting out, or, if you trust it, pass trust_remote_code=True (--trust-remote-code)."
    )
