"""RunTrainer: the Trainer of transformers with another loss, order of samples, and checkpoints that are whole."""

import shutil
import time
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler
from transformers import SchedulerType, Trainer, TrainingArguments

from vitxplain.errors import TrainError
from vitxplain.files.disk import refused
from vitxplain.files.watch import check_there
from vitxplain.train.loop.data_feed import EpochOrder, TrainingFeed
from vitxplain.train.loop.objective import Objective
from vitxplain.train.network.saving import load_weights, save_weights
from vitxplain.train.records import checkpoints


class RunTrainer(Trainer):
    """Overrides the loss, the order of samples, what a checkpoint holds and how it is written."""

    def __init__(self, folder: Path, objective: Objective, *, keep: int, **others: Any) -> None:
        super().__init__(data_collator=objective.collate, compute_metrics=objective.metrics, **others)
        self.checkpoint_folder, self.objective, self.keep = folder, objective, keep
        self.model_accepts_loss_kwargs = False  # the loss is the mean of a batch, whatever the model could compute
        self.loss_is_scaled_for_ga = False
        self._images = 0  # training images since the last log, and how many of them were right
        self._correct: Tensor | int = 0
        self._started = time.monotonic()

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int]:
        assert isinstance(self.train_dataset, TrainingFeed)  # noqa: S101 - for the type checker
        return EpochOrder(self.train_dataset)

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Tensor], return_outputs: bool = False, **_others: Any
    ) -> Any:
        loss, right = self.objective.loss(model, inputs)
        if right is not None:
            self._correct += right
            self._images += len(inputs["labels"])
        return (loss, {}) if return_outputs else loss

    def training_step(self, *arguments: Any, **others: Any) -> Tensor:
        """Raises TrainError before such a step reaches the weights."""
        loss = super().training_step(*arguments, **others)
        if not torch.isfinite(loss):
            last = checkpoints.newest(self.checkpoint_folder)
            kept = f"the checkpoint of step {checkpoints.step_of(last):,} is kept" if last else "there is no checkpoint"
            raise TrainError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1} (epoch {self.state.epoch:.2f}), so "
                f"training was stopped; {kept}. Try {remedies(self.args)}."
            )
        return loss

    def prediction_step(
        self, model: nn.Module, inputs: dict[str, Any], *_arguments: Any, **_others: Any
    ) -> tuple[None, Any, Tensor]:
        """No loss: the Trainer's mean over batches counts a smaller last one as a full one; see Objective.metrics."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad(), self.compute_loss_context_manager():
            return None, *self.objective.predict(model, inputs)

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        try:
            self.data_collator = self.objective.collate_evaluation
            return super().get_eval_dataloader(eval_dataset)
        finally:
            self.data_collator = self.objective.collate

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs and self._images:
            counts = torch.tensor([float(self._correct), float(self._images)], device=self.args.device)
            correct, images = self.accelerator.reduce(counts).tolist()
            logs["accuracy"] = correct / images
            self._images, self._correct = 0, 0
        now = time.monotonic()
        before = self.state.log_history[-1].get("seconds", 0.0) if self.state.log_history else 0.0
        logs["seconds"], self._started = before + now - self._started, now
        super().log(logs, start_time)

    def train(self, *arguments: Any, **others: Any) -> Any:
        self._started = time.monotonic()
        return super().train(*arguments, **others)

    def _get_output_dir(self, trial: Any) -> str:
        return str(checkpoints.staging(self.checkpoint_folder))

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        staging = checkpoints.staging(self.checkpoint_folder)
        if self.is_world_process_zero():
            check_there(self.checkpoint_folder.parent)
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
        self.accelerator.wait_for_everyone()
        try:
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.is_world_process_zero():
                checkpoint = staging / f"checkpoint-{self.state.global_step}"
                checkpoints.publish(checkpoint, self.checkpoint_folder, keep=self.keep)
        except (OSError, RuntimeError, SafetensorError) as error:  # torch.save has a RuntimeError for a full disk
            last = checkpoints.newest(self.checkpoint_folder)
            kept = f"The one of step {checkpoints.step_of(last):,} is kept." if last else "There is no earlier one."
            what = f"the checkpoint of step {self.state.global_step:,}"
            raise refused(what, self.checkpoint_folder, error, kept) from error
        finally:
            if self.is_world_process_zero():
                shutil.rmtree(staging, ignore_errors=True)
        self.accelerator.wait_for_everyone()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Tensor] | None = None) -> None:
        if self.args.should_save and output_dir:
            save_weights(self.accelerator.unwrap_model(self.model), Path(output_dir))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        load_weights(self.accelerator.unwrap_model(self.model), Path(resume_from_checkpoint))


def remedies(arguments: TrainingArguments) -> str:
    """Options that may keep the loss finite and are not set already, as a clause."""
    advice = [f"a learning_rate below {arguments.learning_rate:g}"]
    if arguments.lr_scheduler_type != SchedulerType.REDUCE_ON_PLATEAU:  # has no warmup
        advice.append(f"a warmup above {arguments.warmup_steps:g}")
    if not 0 < arguments.max_grad_norm <= 1:
        advice.append("clip=1")
    if arguments.fp16 or arguments.bf16:
        advice.append("precision=fp32 (or bf16)" if arguments.fp16 else "precision=fp32")
    return " or ".join([", ".join(advice[:-1]), advice[-1]] if advice[1:] else advice)
