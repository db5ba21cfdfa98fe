"""What a run is about to do, known once everything is loaded."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from accelerate import PartialState

from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.defaults import steps_per_epoch
from vitxplain.train.config.presets import TRAINING_IMAGES, validates_on_training_images
from vitxplain.train.config.run_config import SCRATCH


@dataclass(frozen=True)
class RunSummary:
    """The facts a user wants to check before waiting."""

    folder: Path
    model: str
    parameters: int
    learning: int  # how many of them change
    data: str
    images: Mapping[str, int]  # by split
    classes: tuple[str, ...]
    notes: tuple[str, ...]  # how the splits came about, where they were made here
    image_size: tuple[int, int]  # height, width
    steps: int
    epochs: float
    batch_size: int  # images a step, of all processes
    learning_rate: float
    device: str
    precision: str
    after: int  # steps done before, where a run goes on

    @classmethod
    def of(cls, folder: Path, parts: TrainingSetup, *, after: int) -> "RunSummary":
        """Of a run that goes on after so many steps; 0: it is new."""
        options, processes = parts.config.options, PartialState().num_processes
        an_epoch = steps_per_epoch(options, len(parts.training), processes)
        steps = options.steps or math.ceil((options.epochs or 0) * an_epoch)
        weights = list(parts.model.module.parameters())
        splits = {"train": parts.training, "validation": parts.validation, "test": parts.test}
        there = {name: data for name, data in splits.items() if data is not None}
        learnt = (
            [f"validated on {TRAINING_IMAGES} (preset {options.preset})"]
            if validates_on_training_images(options)
            else []
        )
        return cls(
            folder=folder,
            model=parts.model.source if parts.config.model == SCRATCH else parts.config.model,
            parameters=sum(one.numel() for one in weights),
            learning=sum(one.numel() for one in weights if one.requires_grad),
            data=parts.config.data,
            images={name: len(data) for name, data in there.items()},
            classes=tuple(parts.training.labels),
            notes=tuple(dict.fromkeys([note for data in there.values() for note in data.notes] + learnt)),
            image_size=parts.model.pixels.size,
            steps=steps,
            epochs=steps / an_epoch,
            batch_size=options.batch_size * options.accumulate * processes,
            learning_rate=options.learning_rate or 0.0,
            device=str(parts.device),
            precision=options.precision,
            after=after,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"folder": str(self.folder)}
