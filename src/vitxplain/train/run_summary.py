"""RunSummary: what a run is about to do, for users to check before it starts."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from vitxplain.processes import shared_state
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.defaults import steps_per_epoch
from vitxplain.train.config.presets import TRAINING_IMAGES, validates_on_training_images
from vitxplain.train.config.run_config import SCRATCH

FEW_STEPS: Final = 50  # of a training that is to learn something


def few_steps(steps: int, classes: int) -> str:
    """What so few steps mean for so many classes; empty where they may be enough."""
    advice = "give more epochs (-o epochs=N), or a smaller batch (-o batch_size=N)"
    if steps < classes:
        return (
            f"few steps: {steps:,} for {classes:,} classes, less than one a class, so that most classes are hardly "
            f"learned and the figures say little about the model; {advice}"
        )
    if steps < FEW_STEPS:
        return (
            f"few steps: {steps:,}, in which weights hardly move, so that the figures say little about the model; "
            f"{advice}"
        )
    return ""


@dataclass(frozen=True)
class RunSummary:
    """Facts about a run that are known once everything is loaded."""

    folder: Path
    model: str
    parameters: int
    learning: int  # how many of them change
    data: str
    images: Mapping[str, int]  # by split
    classes: tuple[str, ...]
    notes: tuple[str, ...]  # how the splits came about, where they were made here, and what to expect of few steps
    image_size: tuple[int, int]  # height, width
    steps: int
    epochs: float
    batch_size: int  # images a step, of all processes
    learning_rate: float
    device: str
    precision: str
    after: int  # steps done before, of a run that is resumed

    @classmethod
    def of(cls, folder: Path, setup: TrainingSetup, *, after: int) -> "RunSummary":
        """The summary of a run with this setup that goes on after so many steps; 0: it is new."""
        options, processes = setup.config.options, shared_state().num_processes
        epoch_steps = steps_per_epoch(options, len(setup.training), processes)
        steps = options.steps or math.ceil((options.epochs or 0) * epoch_steps)
        weights = list(setup.model.module.parameters())
        splits = {"train": setup.training, "validation": setup.validation, "test": setup.test}
        data_sets = {name: data for name, data in splits.items() if data is not None}
        if validates_on_training_images(options):
            notes = [f"validated on {TRAINING_IMAGES} (preset {options.preset})"]
        else:  # a preset has as many steps as its question takes
            notes = [] if options.preset else [few_steps(steps, len(setup.labels))]
        return cls(
            folder=folder,
            model=setup.model.source if setup.config.model == SCRATCH else setup.config.model,
            parameters=sum(weight.numel() for weight in weights),
            learning=sum(weight.numel() for weight in weights if weight.requires_grad),
            data=setup.config.data,
            images={name: len(data) for name, data in data_sets.items()},
            classes=setup.labels,
            notes=tuple(
                dict.fromkeys(
                    [note for data in data_sets.values() for note in data.notes]
                    + [*setup.model.notes, *filter(None, notes)]
                )
            ),
            image_size=setup.model.input_size,
            steps=steps,
            epochs=steps / epoch_steps,
            batch_size=options.batch_size * options.accumulate * processes,
            learning_rate=options.learning_rate or 0.0,
            device=str(setup.device),
            precision=options.precision,
            after=after,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"folder": str(self.folder)}
