"""TrainingArguments of transformers, made from TrainOptions."""

import os
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import patch_environment
from transformers import TrainingArguments
from transformers.training_args import OptimizerNames

from vitxplain.errors import OptionError
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.train.config.options import TrainOptions

SCHEDULERS = {"plateau": "reduce_lr_on_plateau", "constant": "constant_with_warmup"}


def trainer_arguments(
    options: TrainOptions, folder: Path, device: torch.device, figure: str = "accuracy"
) -> TrainingArguments:
    """The arguments for complete options: nothing is None but `workers`, and one of epochs and steps.

    `figure` is the task's own, which `best=accuracy` stands for.
    """
    workers = options.workers
    if workers is None:
        workers = 0 if device.type == "cpu" else min(8, os.cpu_count() or 1)
    with patch_environment(**_device_environment(device)):
        arguments = TrainingArguments(
            output_dir=str(folder),
            num_train_epochs=options.epochs or 1,
            max_steps=options.steps or -1,
            per_device_train_batch_size=options.batch_size,
            per_device_eval_batch_size=options.eval_batch_size or options.batch_size,
            gradient_accumulation_steps=options.accumulate,
            learning_rate=options.learning_rate or 0.0,
            warmup_steps=0 if options.scheduler == "plateau" else options.warmup,
            lr_scheduler_type=SCHEDULERS.get(options.scheduler, options.scheduler),
            lr_scheduler_kwargs=_plateau_arguments(options) if options.scheduler == "plateau" else {},
            weight_decay=options.weight_decay,
            max_grad_norm=options.clip,
            optim=options.optimizer,
            bf16=options.precision == "bf16",
            fp16=options.precision == "fp16",
            seed=options.seed,
            use_cpu=device.type == "cpu",
            eval_strategy="steps",
            eval_steps=options.eval_every,
            save_strategy="steps",
            save_steps=options.save_every or 0,
            logging_steps=options.log_every,
            logging_nan_inf_filter=False,  # RunTrainer stops at such a loss
            metric_for_best_model=best_figure(options, figure),
            greater_is_better=options.best == "accuracy",
            dataloader_num_workers=workers,
            remove_unused_columns=False,
            label_names=["labels"],
            disable_tqdm=True,
            report_to="none",
        )
    arguments._n_gpu = min(arguments.n_gpu, 1)  # several GPUs are used through `accelerate launch`, a process each
    return arguments


def best_figure(options: TrainOptions, figure: str) -> str:
    """The figure by which the best weights are chosen; `figure` is the task's own."""
    return "loss" if options.best == "loss" else figure


def check_optimizer(name: str) -> None:
    """Raises OptionError for a name the Trainer does not know."""
    names = [optimizer.value for optimizer in OptimizerNames]
    if name not in names:
        near = [other for other in names if name and other.startswith(name)] or similar_names(name, names) or ["sgd"]
        raise OptionError(f"there is no optimizer {name!r}; {did_you_mean(near[:2])}")


def _device_environment(device: torch.device) -> dict[str, str]:
    """The variable that gives accelerate a GPU by its number, where no launcher gives each process its own."""
    numbered = device.type == "cuda" and device.index is not None and "LOCAL_RANK" not in os.environ
    return {"ACCELERATE_TORCH_DEVICE": str(device)} if numbered else {}


def _plateau_arguments(options: TrainOptions) -> dict[str, Any]:
    mode = "max" if options.best == "accuracy" else "min"
    return {"mode": mode, "factor": 0.1, "patience": options.patience}
