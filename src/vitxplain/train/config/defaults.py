"""Defaults of options that depend on the model, the data and the machine."""

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

import torch

from vitxplain.data.load import options_of
from vitxplain.train.config.lora_options import LoraOptions
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import SCRATCH, RunConfig
from vitxplain.words import typed_source

EPOCHS, EPOCHS_FROM_SCRATCH = 3, 30
STEPS, STEPS_FROM_SCRATCH = 300, 2_000  # at least, where no option says how many epochs
# At most: an epoch of a small folder is a step or two, and 2,000 steps are a thousand epochs. On folders of 43 and 144
# images the best validation came within 100 epochs, of a ViT and of a CNN from scratch; the rest was learning by heart.
MOST_EPOCHS = 200
EVALUATION = 50  # steps between evaluations at least, where no option says it


def complete_config(config: RunConfig) -> RunConfig:
    """The configuration with every option of its model, and the seed of its data: defaults change, runs do not."""
    return replace(
        config,
        model_options={**_model_defaults(config), **config.model_options},
        data_options={**_data_defaults(config), **config.data_options},
    )


def complete_options(
    options: TrainOptions, *, scratch: bool, images: int, processes: int, device: torch.device
) -> TrainOptions:
    """The options with every None replaced but `workers`, which is about the machine and not the result."""
    epoch_steps = steps_per_epoch(options, images, processes)
    epochs = options.epochs
    if epochs is None and options.steps is None:
        usual, steps = (EPOCHS_FROM_SCRATCH, STEPS_FROM_SCRATCH) if scratch else (EPOCHS, STEPS)
        epochs = min(max(usual, math.ceil(steps / epoch_steps)), MOST_EPOCHS)
    fresh = scratch or options.mode != "full" or options.cut_at is not None
    evaluations = options.eval_every or max(epoch_steps, EVALUATION)
    return replace(
        options,
        epochs=epochs if options.steps is None else None,
        learning_rate=options.learning_rate or (1e-3 if fresh else 5e-5),
        eval_every=evaluations,
        save_every=options.save_every or evaluations,
        eval_batch_size=options.eval_batch_size or options.batch_size,
        precision=_precision(device) if options.precision == "auto" else options.precision,
    )


def steps_per_epoch(options: TrainOptions, images: int, processes: int) -> int:
    """Steps in which every image is seen once."""
    return math.ceil(math.ceil(images / (options.batch_size * processes)) / options.accumulate)


def public_config(config: RunConfig) -> RunConfig:
    """The configuration as a model card shows it: without defaults, and folders as ./NAME."""
    model, data = _model_defaults(config), _data_defaults(config)
    return replace(
        config,
        model=typed_source(config.model),
        data=typed_source(config.data),
        model_options={
            key: value for key, value in config.model_options.items() if key == "kind" or value != model.get(key)
        },
        data_options={key: value for key, value in config.data_options.items() if value != data.get(key)},
    )


def _model_defaults(config: RunConfig) -> Mapping[str, Any]:
    if config.model == SCRATCH:
        from vitxplain.models.scratch.kinds import OPTIONS
        from vitxplain.models.scratch.options import option_hints, pair, read_options

        kind = str(config.model_options.get("kind", "vit"))
        if kind not in OPTIONS:
            return {}  # refused where the model is made
        scratch_config = OPTIONS[kind]
        usual = {"kind": kind, **{name: getattr(scratch_config, name) for name in option_hints(scratch_config)}}
        if "patch_size" in usual and "image_size" in config.model_options:
            size = read_options(scratch_config, {"image_size": config.model_options["image_size"]})["image_size"]
            usual["patch_size"] = _dividing_patch(pair(size), pair(usual["patch_size"]))
        return usual
    return asdict(LoraOptions()) if config.options.mode == "lora" else {}


def _dividing_patch(sides: tuple[int, int], patch: tuple[int, int]) -> int | tuple[int, int]:
    """The usual patch; where it does not divide a side, the nearest smaller one of at least half its size that does.

    Where there is none it stays, and the model says why it cannot be built.
    """
    height, width = (
        next((part for part in range(usual, usual // 2 - 1, -1) if side % part == 0), usual)
        for side, usual in zip(sides, patch, strict=True)
    )
    return height if height == width else (height, width)


def _data_defaults(config: RunConfig) -> Mapping[str, Any]:
    return {"seed": 0} if "seed" in options_of(config.data) else {}


def _precision(device: torch.device) -> Literal["bf16", "fp32"]:
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
