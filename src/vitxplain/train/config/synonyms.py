"""Names of options that are none: which one was meant, by what other tools call it or by its letters."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from vitxplain.suggest import similar_names
from vitxplain.train.config.options import TrainOptions

MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "learning_rate": ("lr", "lr0", "rate", "max_lr", "base_lr"),
    "epochs": ("num_epochs", "n_epochs", "num_train_epochs", "max_epochs", "passes"),
    "steps": ("max_steps", "num_steps", "n_steps", "iterations", "iters", "max_iter"),
    "batch_size": ("bs", "batch", "batchsize", "train_batch_size", "per_device_train_batch_size"),
    "eval_batch_size": ("per_device_eval_batch_size", "test_batch_size"),
    "weight_decay": ("wd", "decay", "l2"),
    "accumulate": ("accum", "grad_accum", "gradient_accumulation", "gradient_accumulation_steps"),
    "warmup": ("warmup_steps", "warmup_ratio"),
    "scheduler": ("sched", "schedule", "lr_scheduler", "lr_scheduler_type"),
    "clip": ("grad_clip", "gradient_clipping", "max_grad_norm"),
    "label_smoothing": ("smoothing", "label_smoothing_factor"),
    "optimizer": ("opt", "optim", "optimiser"),
    "precision": ("amp", "fp16", "bf16", "fp32", "mixed_precision", "dtype"),
    "augment": ("aug", "augmentation", "augmentations"),
    "eval_every": ("eval_steps", "eval_interval"),
    "save_every": ("save_steps", "save_interval", "checkpoint_every"),
    "log_every": ("logging_steps", "log_interval"),
    "keep": ("save_total_limit", "keep_checkpoints"),
    "early_stopping": ("early_stop", "early_stopping_patience"),
    "workers": ("num_workers", "dataloader_num_workers"),
    "seed": ("random_seed", "random_state"),
    "loggers": ("report_to", "logger"),
    "model.image_size": ("img_size", "imgsz", "resolution", "input_size"),
    "model.hidden_size": ("dim", "width", "embed_dim"),
    "model.num_hidden_layers": ("depth", "layers", "num_layers"),
    "model.num_attention_heads": ("heads", "num_heads"),
}
_BY_WORD: Final = {word: name for name, words in MEANT.items() for word in words}


def synonym(word: str) -> str | None:
    """What we call an option that other tools call so."""
    return _BY_WORD.get(word)


def split(word: str) -> tuple[str, str]:
    """What stands before the dot, if anything, and behind."""
    kind, _, key = word.replace("-", "_").rpartition(".")
    return kind, key


def near(word: str, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The options a word resembles, as they are typed: epochs, model.hidden_size."""
    names = {(name if one == "train" else f"{one}.{name}"): name for one in known for name in known[one]}
    if (meant := synonym(word)) in names:
        return [str(meant)]
    close = similar_names(word, names.values())
    return list(dict.fromkeys(full for name in close for full in names if names[full] == name))


def as_option(word: str, value: str) -> str | None:
    """How `--word value`, which no command has, is typed, if it is an option of the training."""
    word = word.lstrip("-").replace("-", "_")
    meant = next(iter(near(word, {"train": {field.name: None for field in fields(TrainOptions)}})), synonym(word))
    return meant and f"-o {meant}={value or 'VALUE'}"
