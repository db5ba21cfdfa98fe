"""Synonyms and spelling suggestions for names of training options."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from vitxplain.options.route import option_key
from vitxplain.suggest import similar_names
from vitxplain.train.config.options import TrainOptions

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
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
    "license": ("licence",),
    "loggers": ("report_to", "logger"),
    "model.image_size": ("img_size", "imgsz", "resolution", "input_size"),
    "model.hidden_size": ("dim", "width", "embed_dim"),
    "model.num_hidden_layers": ("depth", "layers", "num_layers"),
    "model.num_attention_heads": ("heads", "num_heads"),
}
_BY_WORD: Final = {word: name for name, words in SYNONYMS.items() for word in words}


def synonym(word: str) -> str | None:
    """The option that other tools call by this word."""
    return _BY_WORD.get(word)


def split_key(word: str) -> tuple[str, str]:
    """The prefix before the dot, "" without one, and the name behind it."""
    key = option_key(word)
    return key.owner, key.name


def suggestions(word: str, hints: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The options a word resembles, as they are typed: epochs, model.hidden_size."""
    names = {(name if owner == "train" else f"{owner}.{name}"): name for owner in hints for name in hints[owner]}
    if (same := synonym(word)) in names:
        return [str(same)]
    close = similar_names(word, names.values())
    return list(dict.fromkeys(full for name in close for full in names if names[full] == name))


def option_hint(word: str, value: str) -> str | None:
    """How an option of the training that was typed as `--word value` is typed with -o; None if it is none."""
    word = word.lstrip("-").replace("-", "_")
    options = {field.name: None for field in fields(TrainOptions)}
    name = next(iter(suggestions(word, {"train": options})), synonym(word))
    return name and f"-o {name}={value or 'VALUE'}"
