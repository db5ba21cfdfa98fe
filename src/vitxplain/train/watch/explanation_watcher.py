"""ExplanationWatcher: explains the same few images while a network trains, as pictures and in TensorBoard."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vitxplain.assessment.matching import match_classes
from vitxplain.data.derived.painted_maps import with_class_maps
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import TrainError, VitxplainError
from vitxplain.explanation.explanation import Explanation
from vitxplain.files.documents import read_table
from vitxplain.files.paths import exists
from vitxplain.files.reading import reading
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.inspect.live.image_record import check_recordable
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_count
from vitxplain.render.figure import Picture, png_bytes
from vitxplain.render.sheets.map_sheet import Tile, map_sheet
from vitxplain.tasks.masks import Masks
from vitxplain.tasks.pixel_classes import PixelClasses
from vitxplain.train.watch.found_tile import found_tile, learnt_labels
from vitxplain.train.watch.probe_images import (
    ProbeMaps,
    explain_probes,
    probe_method,
    probe_samples,
    record_probes,
    why_no_distance,
)
from vitxplain.words import short_name, shown

CSV = "attention_distance.csv"


class ExplanationWatcher(TrainerCallback):
    """Explains fixed images while any Trainer of transformers trains: before the first step, each so many, at the end.

    Writes `step-000500.png`, a sheet of the images beside their maps, and `attention_distance.csv`, how far each layer
    looks on average (in pixels of the model input), into `folder`. The training is the same as without it, bit by bit.

    Args:
        folder: for pictures and table.
        model: the network in training with its processor and classes (`load_model(module, ...)`).
        data: what the images are chosen from, best the validation split.
        every: steps between two explanations.
        images: how many.
        method: a name of `vitx methods` that gives a map; auto chooses by the model.
        seed: other images with another one.
        writer: gives the SummaryWriter of TensorBoard that pictures and distances go to as well, or None.
        recording: a folder that the attention on these images, and the maps, go into at each of these steps, for the
            viewer.

    Raises:
        UsageError: no such method, or the model lacks classes of the data.
        UnsupportedModelError: the method does not fit the model, or `recording` is wanted and it has no attention.
    """

    def __init__(
        self,
        folder: str | Path,
        model: VisionModel,
        data: DataSet,
        *,
        every: int = 500,
        images: int = 8,
        method: str = "auto",
        seed: int = 0,
        writer: Callable[[], Any] = lambda: None,
        recording: str | Path | None = None,
    ) -> None:
        check_count("every", every)
        check_count("images", images)
        self.folder, self.model, self.every, self.writer = Path(folder), model, every, writer
        data = with_class_maps(data) if isinstance(model.task, (PixelClasses, Masks)) else data
        self.classes = match_classes(model.labels, learnt_labels(model.task, data))
        self.method = probe_method(model, method)
        self.samples = probe_samples(data, images, seed)
        self.recording = recording
        if recording is not None:
            check_recordable(model)
        self.last = -1  # step of the latest explanations
        if not model.task.finds and (why := why_no_distance(model)):
            warnings.warn(f"no attention distance is written while training: {why}.", stacklevel=2)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        if state.global_step == 0:
            self._explain(state)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        if state.global_step % self.every == 0 or state.global_step >= state.max_steps:
            self._explain(state)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        if self.last >= 0 and state.global_step != self.last:  # stopped early
            self._explain(state)

    def _explain(self, state: TrainerState) -> None:
        """Write the files of this step; an error becomes a warning, since the training is worth more than a picture."""
        if not state.is_world_process_zero:
            return
        self.last = state.global_step
        try:
            probe_maps = explain_probes(self.model, self.samples, self.classes, self.method)
            picture = self._sheet(probe_maps, self.last)
            files = {self.folder / f"step-{self.last:06d}.png": png_bytes(picture)}
            if probe_maps.distances is not None:
                files[self.folder / CSV] = _with_row(self.folder / CSV, self.last, probe_maps.distances.tolist())
            write_together(files)
            if self.recording is not None:
                record_probes(self.model, self.samples, self.recording, self.last, probe_maps.explanations)
        except VitxplainError as error:
            warnings.warn(f"nothing of step {self.last} is in {self.folder}: {error}", stacklevel=2)
            return
        if writer := self.writer():
            writer.add_image("probes", _pixels(picture), self.last, dataformats="HWC")
            for layer, distance in enumerate(() if probe_maps.distances is None else probe_maps.distances.tolist()):
                writer.add_scalar(f"attention_distance/layer_{layer}", distance, self.last)
            writer.flush()

    def _sheet(self, probe_maps: ProbeMaps, step: int) -> Picture:
        tiles = [self._tile(*pair) for pair in zip(self.samples, probe_maps.explanations, strict=True)]
        right = sum(not tile.wrong for tile in tiles)
        headline = f"step {step:,}: {right} of {len(tiles)} right"
        about = "what is found" if self.model.task.finds else "the true class"
        return map_sheet(tiles, headline, f"maps by {probe_maps.method}", about)

    def _tile(self, sample: Sample, explanation: Explanation) -> Tile:
        if self.model.task.finds:
            return found_tile(sample, explanation)
        true, prediction = self.classes[sample.label], explanation.prediction
        predicted = f"{short_name(prediction.names[0], 20)} ({shown(prediction.probabilities[0], prediction.unit)})"
        wrong = prediction.indices[0] != true
        caption = f"{short_name(self.model.labels[true], 20)}, taken for {predicted}" if wrong else predicted
        return Tile(explanation, caption, wrong, sample.mask, sample.boxes)


def _with_row(path: Path, step: int, distances: list[float]) -> bytes:
    """The table with this step's row; rows of later steps, of a run that was resumed from earlier on, are dropped."""
    advice = "remove it, and it is begun anew"
    with reading(path, "a table of distances", advice, TrainError):
        rows = [list(row.values()) for row in read_table(path)] if exists(path) else []
        earlier = [row for row in rows if int(row[0]) < step]
    header = ["step", *(f"layer_{layer}" for layer in range(len(distances)))]
    return csv_bytes(header, [*earlier, [step, *(f"{distance:.3f}" for distance in distances)]])


def _pixels(picture: Picture) -> np.ndarray:
    picture.canvas.draw()
    return np.asarray(picture.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
