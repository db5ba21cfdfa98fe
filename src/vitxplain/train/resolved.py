"""The options of model and data that a configuration leaves out, and which of them another may leave out."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vitxplain.data.loading import options_of
from vitxplain.render.labels import source_name
from vitxplain.train.lora_options import LoraOptions
from vitxplain.train.run_config import SCRATCH, RunConfig


def resolved(config: RunConfig) -> RunConfig:
    """The configuration with every option of its model, and the seed of its data: defaults change, runs do not."""
    return replace(
        config,
        model_options={**_of_model(config), **config.model_options},
        data_options={**_of_data(config), **config.data_options},
    )


def shown(config: RunConfig) -> RunConfig:
    """The configuration for readers elsewhere: no defaults, and of folders their names alone."""
    model, data = _of_model(config), _of_data(config)
    return replace(
        config,
        model=source_name(config.model),
        data=source_name(config.data),
        model_options={key: one for key, one in config.model_options.items() if key == "kind" or one != model.get(key)},
        data_options={key: one for key, one in config.data_options.items() if one != data.get(key)},
    )


def _of_model(config: RunConfig) -> Mapping[str, Any]:
    if config.model == SCRATCH:
        from vitxplain.models.scratch import KINDS
        from vitxplain.models.scratch_options import option_hints, pair, read_options

        kind = str(config.model_options.get("kind", "vit"))
        if kind not in KINDS:
            return {}  # refused where the model is made
        made = KINDS[kind][0]
        usual = {"kind": kind, **{name: getattr(made, name) for name in option_hints(made)}}
        if "patch_size" in usual and "image_size" in config.model_options:
            size = read_options(made, {"image_size": config.model_options["image_size"]})["image_size"]
            usual["patch_size"] = _dividing(pair(size), pair(usual["patch_size"]))
        return usual
    return asdict(LoraOptions()) if config.options.mode == "lora" else {}


def _dividing(sides: tuple[int, int], patch: tuple[int, int]) -> int | tuple[int, int]:
    """The usual patch; where it does not divide a side, the nearest smaller one of at least half its size that does.

    Where there is none it stays, and the model says why it cannot be built.
    """
    height, width = (
        next((part for part in range(usual, usual // 2 - 1, -1) if side % part == 0), usual)
        for side, usual in zip(sides, patch, strict=True)
    )
    return height if height == width else (height, width)


def _of_data(config: RunConfig) -> Mapping[str, Any]:
    return {"seed": 0} if "seed" in options_of(config.data) else {}
