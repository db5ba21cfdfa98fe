"""TrainingSetup: the model and the splits of the data that a configuration names, and the Trainer for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from transformers import PrinterCallback, TrainerCallback

from vitxplain.data.load import EmptySplitError, load_data, options_of
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import DataError
from vitxplain.models.scratch.kinds import usual_kind
from vitxplain.processes import shared_state
from vitxplain.train.config.defaults import complete_config, complete_options
from vitxplain.train.config.presets import apply_preset
from vitxplain.train.config.run_config import SCRATCH, RunConfig, relative_source
from vitxplain.train.config.task_names import CLASSES
from vitxplain.train.config.trainer_arguments import trainer_arguments
from vitxplain.train.learning import check_data, check_options, data_for, labels_of, network_for, objective_for
from vitxplain.train.loop.data_feed import TrainingFeed
from vitxplain.train.loop.objective import Objective
from vitxplain.train.loop.trainer import RunTrainer
from vitxplain.train.network.dense import DenseTrainable
from vitxplain.train.network.trainable import Trainable
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.train.task_choice import choose_task


@dataclass(frozen=True, eq=False)
class TrainingSetup:
    """Everything a training needs, loaded; `config` is complete: every default is filled in."""

    config: RunConfig
    device: torch.device
    model: Trainable | DenseTrainable = field(repr=False)
    training: DataSet = field(repr=False)
    validation: DataSet = field(repr=False)
    test: DataSet | None = field(repr=False)
    feed: TrainingFeed = field(repr=False)
    objective: Objective = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)  # of what is learnt

    @classmethod
    def of(cls, config: RunConfig, device: torch.device, *, strict: bool) -> "TrainingSetup":
        """Load what the configuration names, and complete it; nothing is written."""

        def split(name: Split) -> DataSet:
            return load_data(
                relative_source(config.data), name, limit=config.limit, strict=strict, options=config.data_options
            )

        training, validation = _training_splits(config, split)
        config = replace(
            config, task=choose_task(config.task, relative_source(config.model), config.model_options, training)
        )
        training, validation = data_for(config.task, training), data_for(config.task, validation)
        check_options(config.task, config.options)
        check_data(config.task, training, validation)
        try:
            test = data_for(config.task, split("test"))
        except DataError:
            test = None
        options, training, validation = apply_preset(config.options, training, validation)
        scratch = config.model == SCRATCH
        if scratch and "image_size" not in config.model_options and (size := getattr(training, "size", None)):
            config = replace(config, model_options={**config.model_options, "image_size": size})
        if scratch and "kind" not in config.model_options:
            config = replace(config, model_options={"kind": usual_kind(config.task), **config.model_options})
        config = complete_config(replace(config, options=options))
        labels = labels_of(config.task, training)
        model = network_for(config, labels)
        processes = shared_state().num_processes
        options = complete_options(options, scratch=scratch, images=len(training), processes=processes, device=device)
        dense = config.task != CLASSES
        feed = TrainingFeed(training, augment=options.augment, seed=options.seed, dense=dense)
        objective = objective_for(model, training, options)
        return cls(replace(config, options=options), device, model, training, validation, test, feed, objective, labels)

    def trainer(self, folder: RunFolder, callbacks: Sequence[TrainerCallback]) -> RunTrainer:
        """The Trainer, without the callback that prints."""
        options = self.config.options
        trainer = RunTrainer(
            folder.checkpoints,
            self.objective,
            keep=options.keep,
            model=self.model.module,
            args=trainer_arguments(options, folder.path, self.device, self.objective.figures[0]),
            train_dataset=self.feed,
            eval_dataset=TrainingFeed(self.validation, dense=self.feed.dense),
            callbacks=list(callbacks),
        )
        trainer.remove_callback(PrinterCallback)
        return trainer


def _training_splits(config: RunConfig, split: Callable[[Split], DataSet]) -> tuple[DataSet, DataSet]:
    """The train and the validation split; where one is empty the error says what to do."""
    try:
        return split("train"), split("validation")
    except EmptySplitError as error:
        name = relative_source(config.data)
        advice = ["add images to it (10 of each class fill all splits)"]
        if "ratio" in options_of(name):
            advice.append("divide them otherwise (4 of each class and more: -o data.ratio=50,25,25)")
        raise DataError(
            f"{error.clause}, and training needs images of train and validation; {' or '.join(advice)}."
        ) from error
