"""The end of a run: the best weights are loaded from its folder and assessed on validation and test data."""

from collections.abc import Mapping, Sequence
from math import isnan

from transformers import TrainerState

from vitxplain.assessment.assess import assess
from vitxplain.files.opening import read_bytes
from vitxplain.files.paths import is_file
from vitxplain.models.loading.load import load_model
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.defaults import public_config
from vitxplain.train.records.metrics_file import Row, as_csv, rows
from vitxplain.train.records.model_card import model_card
from vitxplain.train.records.result import RunResult
from vitxplain.train.records.run_folder import CURVES, RunFolder


def finish(folder: RunFolder, setup: TrainingSetup, state: TrainerState, *, strict: bool) -> RunResult:
    """Write the final figures, the model card and, last, result.json."""
    history, best = rows(state.log_history), state.best_global_step or state.global_step
    model = load_model(folder.model, device=setup.device)
    batch_size = setup.config.options.eval_batch_size or 1
    metrics: dict[str, dict[str, float | None]] = {}
    for name, data in {"validation": setup.validation, "test": setup.test}.items():
        if data is not None:
            assessment = assess(model, data, batch_size=batch_size, strict=strict)
            metrics[name] = {key: _defined(figure) for key, figure in assessment.figures.items()}
    seconds = history[-1].seconds if history else 0.0
    result = RunResult(
        folder.path,
        step=state.global_step,
        best_step=best,
        seconds=seconds,
        metrics=metrics,
        classes=len(setup.labels),
        stopped_early=state.global_step < state.max_steps,
    )
    epoch = next((row.epoch for row in history if row.step >= best), 0.0)
    splits = {"best-validation" if name == "validation" else name: of_split for name, of_split in metrics.items()}
    final = [
        Row(epoch, best, split, of_split.get("loss"), _known(of_split, setup.objective.figures), None, seconds)
        for split, of_split in splits.items()
    ]
    parameters = sum(weight.numel() for weight in model.module.parameters())
    drawn = {f"model/{CURVES}": read_bytes(folder.curves)} if is_file(folder.curves) else {}
    card = model_card(
        public_config(setup.config),
        result,
        setup.labels,
        len(setup.training),
        parameters,
        picture=CURVES if drawn else None,
        evaluations=sum(row.split == "validation" for row in history),
    )
    folder.write({"metrics.csv": as_csv([*history, *final]), "model/README.md": card, **drawn})
    folder.write({"result.json": result.as_bytes()})
    return result


def _defined(figure: float) -> float | None:
    """The figure; None where there was nothing to tell it from, as of a class that no image has."""
    return None if isnan(figure) else figure


def _known(figures: Mapping[str, float | None], names: Sequence[str]) -> dict[str, float]:
    return {name: value for name in names if (value := figures[name]) is not None}
