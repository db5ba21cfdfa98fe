"""What a configuration stands for: the model, the splits of the data, and a Trainer that brings them together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from accelerate import PartialState
from transformers import PrinterCallback, TrainerCallback

from vitxplain.data.load import EmptySplitError, load_data, options_of
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import DataError
from vitxplain.train.config.defaults import complete_config, complete_options
from vitxplain.train.config.presets import apply_preset
from vitxplain.train.config.run_config import SCRATCH, RunConfig, relative_source
from vitxplain.train.config.trainer_arguments import trainer_arguments
from vitxplain.train.loop.data_feed import Collate, TrainingFeed, balanced
from vitxplain.train.loop.trainer import RunTrainer
from vitxplain.train.network.trainable import Trainable, trainable
from vitxplain.train.records.run_folder import RunFolder


@dataclass(frozen=True, eq=False)
class TrainingSetup:
    """`config` is the one asked for with nothing left open."""

    config: RunConfig
    device: torch.device
    model: Trainable = field(repr=False)
    training: DataSet = field(repr=False)
    validation: DataSet = field(repr=False)
    test: DataSet | None = field(repr=False)
    feed: TrainingFeed = field(repr=False)

    @classmethod
    def of(cls, config: RunConfig, device: torch.device, *, strict: bool) -> "TrainingSetup":
        """Everything loaded, nothing written yet."""

        def split(name: Split) -> DataSet:
            return load_data(
                relative_source(config.data), name, limit=config.limit, strict=strict, options=config.data_options
            )

        training, validation = _trained_on(config, split)
        _check(training, validation)
        try:
            test = split("test")
        except DataError:
            test = None
        options, training, validation = apply_preset(config.options, training, validation)
        scratch = config.model == SCRATCH
        if scratch and "image_size" not in config.model_options and (made := getattr(training, "size", None)):
            config = replace(config, model_options={**config.model_options, "image_size": made})
        config = complete_config(config)
        own = dict(config.model_options)
        model = trainable(
            relative_source(config.model),
            training.labels,
            mode=options.mode,
            cut_at=options.cut_at,
            image_size=own.pop("image_size", None),
            options=own,
            seed=options.seed,
        )
        processes = PartialState().num_processes
        options = complete_options(options, scratch=scratch, images=len(training), processes=processes, device=device)
        feed = TrainingFeed(training, augment=options.augment, seed=options.seed)
        return cls(replace(config, options=options), device, model, training, validation, test, feed)

    def trainer(self, folder: RunFolder, callbacks: Sequence[TrainerCallback]) -> RunTrainer:
        """The Trainer, silent."""
        options = self.config.options
        trainer = RunTrainer(
            folder.checkpoints,
            keep=options.keep,
            class_weights=balanced(self.training) if options.class_weights == "balanced" else None,
            label_smoothing=options.label_smoothing,
            model=self.model.module,
            args=trainer_arguments(options, folder.path, self.device),
            data_collator=Collate(self.model.processor),
            train_dataset=self.feed,
            eval_dataset=TrainingFeed(self.validation),
            callbacks=list(callbacks),
        )
        trainer.remove_callback(PrinterCallback)
        return trainer


def _trained_on(config: RunConfig, split: Callable[[Split], DataSet]) -> tuple[DataSet, DataSet]:
    """The two splits that training needs."""
    try:
        return split("train"), split("validation")
    except EmptySplitError as error:
        name = relative_source(config.data)
        ways = ["add images to it (10 of each class fill all splits)"]
        if "ratio" in options_of(name):
            ways.append("divide them otherwise (4 of each class and more: -o data.ratio=50,25,25)")
        raise DataError(
            f"{str(error).partition(';')[0]}, and training needs images of train and validation; {' or '.join(ways)}."
        ) from error


def _check(training: DataSet, validation: DataSet) -> None:
    if len(training.labels) < 2:
        raise DataError(
            f"{training.name} has one class only, {', '.join(training.labels)}; a classifier needs two: add a folder "
            "of images that are something else."
        )
    if tuple(validation.labels) != tuple(training.labels):
        raise DataError(
            f"the classes of the validation split of {training.name}, {', '.join(validation.labels)}, are not those "
            f"of the train split, {', '.join(training.labels)}; give both the same."
        )
