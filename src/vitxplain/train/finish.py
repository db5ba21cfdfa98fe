"""The end of a run: the best weights are loaded from its folder and assessed on validation and test data."""

from transformers import TrainerState

from vitxplain.assessment.assess import assess
from vitxplain.models.loading.load import load_model
from vitxplain.train.assemble import TrainingSetup
from vitxplain.train.config.defaults import public_config
from vitxplain.train.records.metrics_file import Row, as_csv, rows
from vitxplain.train.records.model_card import model_card
from vitxplain.train.records.result import RunResult
from vitxplain.train.records.run_folder import RunFolder


def finish(folder: RunFolder, setup: TrainingSetup, state: TrainerState, *, strict: bool) -> RunResult:
    """Write the final figures, the model card and, last, result.json."""
    history, best = rows(state.log_history), state.best_global_step or state.global_step
    model = load_model(folder.model, device=setup.device)
    batch_size = setup.config.options.eval_batch_size or 1
    metrics = {}
    for name, data in {"validation": setup.validation, "test": setup.test}.items():
        if data is not None:
            assessment = assess(model, data, batch_size=batch_size, strict=strict)
            images = len(assessment.predictions.label)
            metrics[name] = {
                "loss": assessment.scores.loss,
                "accuracy": assessment.scores.top1,
                "images": images,
                "classes": int((assessment.scores.images > 0).sum()),
            }
    seconds = history[-1].seconds if history else 0.0
    result = RunResult(
        folder.path,
        step=state.global_step,
        best_step=best,
        seconds=seconds,
        metrics=metrics,
        classes=len(setup.training.labels),
        stopped_early=state.global_step < state.max_steps,
    )
    epoch = next((row.epoch for row in history if row.step >= best), 0.0)
    splits = {"best-validation" if name == "validation" else name: figures for name, figures in metrics.items()}
    final = [
        Row(epoch, best, split, figures["loss"], figures["accuracy"], None, seconds)
        for split, figures in splits.items()
    ]
    parameters = sum(weight.numel() for weight in model.module.parameters())
    card = model_card(public_config(setup.config), result, setup.training, len(setup.training), parameters)
    folder.write({"metrics.csv": as_csv([*history, *final]), "model/README.md": card})
    folder.write({"result.json": result.as_bytes()})
    return result
