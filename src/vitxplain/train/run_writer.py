"""RunWriter: writes the best model, metrics.csv and curves.png while a run trains."""

from dataclasses import dataclass

from transformers import TrainerState

from vitxplain.processes import main_process
from vitxplain.render.figure import png_bytes
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.presets import TRAINING_IMAGES, validates_on_training_images
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.config.trainer_arguments import best_figure
from vitxplain.train.records.curves import curves
from vitxplain.train.records.metrics_file import Row, as_csv, rows
from vitxplain.train.records.run_folder import CURVES, RunFolder
from vitxplain.words import source_name


@dataclass(frozen=True)
class RunWriter:
    """Writes files of the run, in the main process alone."""

    folder: RunFolder
    setup: TrainingSetup

    def keep_best(self) -> None:
        """Make the weights as they are now model/."""
        if main_process():
            self.folder.replace_model(self.setup.model.save)

    def write(self, state: TrainerState) -> None:
        """Write metrics.csv, and curves.png after an evaluation."""
        if main_process() and (history := rows(state.log_history)):
            files = {"metrics.csv": as_csv(history)}
            if history[-1].split == "validation":
                files[CURVES] = self.curves(history)
            self.folder.write(files)

    def curves(self, history: list[Row]) -> bytes:
        config = self.setup.config
        best = best_figure(config.options, self.setup.objective.figures[0])
        return png_bytes(curves(history, self.folder.path.absolute().name, training_title(config), best))


def training_title(config: RunConfig) -> str:
    """The model and the data, and that validation is on the training images where it is."""
    validation = f" · validation: {TRAINING_IMAGES}" if validates_on_training_images(config.options) else ""
    return f"{source_name(config.model)} on {source_name(config.data)}{validation}"
