"""What TrainOptions leaves open, worked out for a model, a data set and the processes at hand."""

import math
from dataclasses import replace
from typing import Literal

import torch

from vitxplain.train.options import TrainOptions

EPOCHS, EPOCHS_FROM_SCRATCH = 3, 30
STEPS, STEPS_FROM_SCRATCH = 300, 2_000  # at least, where the number of epochs is ours to choose
# At most: an epoch of a small folder is a step or two, and 2,000 steps are a thousand epochs. On folders of 43 and 144
# images the best validation came within 100 epochs, of a ViT and of a CNN from scratch; the rest was learning by heart.
MOST_EPOCHS = 200
EVALUATION = 50  # steps between evaluations at least, where that is ours to choose


def settled(options: TrainOptions, *, scratch: bool, images: int, processes: int, device: torch.device) -> TrainOptions:
    """The options with every None replaced but `workers`, which is about the machine and not the result."""
    an_epoch = steps_per_epoch(options, images, processes)
    epochs = options.epochs
    if epochs is None and options.steps is None:
        usual, steps = (EPOCHS_FROM_SCRATCH, STEPS_FROM_SCRATCH) if scratch else (EPOCHS, STEPS)
        epochs = min(max(usual, math.ceil(steps / an_epoch)), MOST_EPOCHS)
    fresh = scratch or options.mode != "full" or options.cut_at is not None
    evaluations = options.eval_every or max(an_epoch, EVALUATION)
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


def _precision(device: torch.device) -> Literal["bf16", "fp32"]:
    return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
