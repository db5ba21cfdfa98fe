"""What a run writes while it trains, and at its end."""

from dataclasses import dataclass

from transformers import TrainerState

from vitxplain.processes import main_process
from vitxplain.render.figure import png_bytes
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.presets import TRAINING_IMAGES, validates_on_training_images
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.curves import curves
from vitxplain.train.records.metrics_file import Row, as_csv, rows
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.words import source_name


@dataclass(frozen=True)
class RunWriter:
    """Only the main process writes."""

    folder: RunFolder
    parts: TrainingSetup

    def keep_best(self) -> None:
        """The weights as they are now become model/."""
        if main_process():
            self.folder.replace_model(self.parts.model.save)

    def write(self, state: TrainerState) -> None:
        """metrics.csv, and the curves after an evaluation."""
        if main_process() and (so_far := rows(state.log_history)):
            files = {"metrics.csv": as_csv(so_far)}
            if so_far[-1].split == "validation":
                files["curves.png"] = self.curves(so_far)
            self.folder.write(files)

    def curves(self, so_far: list[Row]) -> bytes:
        config = self.parts.config
        return png_bytes(curves(so_far, self.folder.path.absolute().name, about(config), config.options.best))


def about(config: RunConfig) -> str:
    """What was trained on what, and on what validation was if not on images of its own."""
    validation = f" · validation: {TRAINING_IMAGES}" if validates_on_training_images(config.options) else ""
    return f"{source_name(config.model)} on {source_name(config.data)}{validation}"
