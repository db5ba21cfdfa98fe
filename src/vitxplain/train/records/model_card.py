"""The README.md of a trained model: figures, data, the command that makes it, and limits."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import fields
from importlib.metadata import version
from typing import Final

from huggingface_hub import EvalResult, ModelCardData

from vitxplain.escape import json_text, markdown, markdown_name, shell_word, utf8
from vitxplain.files.paths import is_folder, user_path
from vitxplain.models.known_models import ALIASES
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.presets import TRAINING_IMAGES, validates_on_training_images
from vitxplain.train.config.run_config import AUTO, RunConfig, as_text
from vitxplain.train.config.task_names import CLASSES, OBJECTS, PIXELS
from vitxplain.train.records.figures_table import best_of, figures_table
from vitxplain.train.records.metrics_file import FIGURES
from vitxplain.train.records.result import RunResult
from vitxplain.words import source_name, typed_source

MODELS: Final = {CLASSES: "An image classifier", OBJECTS: "An object detector", PIXELS: "An image segmenter"}


def model_card(
    config: RunConfig,
    result: RunResult,
    labels: Sequence[str],
    images: int,
    parameters: int,
    *,
    picture: str | None = None,
    evaluations: int | None = None,
) -> bytes:
    """Markdown with the Hub's header.

    Args:
        config: what the run was made with.
        result: its figures.
        labels: the classes.
        images: so many were trained on.
        parameters: so many the model has.
        picture: the file of the curves beside the card.
        evaluations: on the validation split while it was trained; None where nobody counted them.
    """
    classes = ", ".join(map(markdown_name, labels[:20])) + (f" and {len(labels) - 20} more" if len(labels) > 20 else "")
    best = best_of(config.options.best, result.metrics)
    task = config.task if config.task in MODELS else CLASSES
    memorised = validates_on_training_images(config.options)
    judged_on = TRAINING_IMAGES if memorised else "the validation split"
    chosen = (
        f"the only one that was evaluated, on {judged_on}"
        if evaluations == 1
        else f"the best of {result.step:,} by {best} on {judged_on}"
    )
    split_names = {"validation": f"validation ({TRAINING_IMAGES})"} if memorised else {}
    lines = [
        "---",
        *_header(config, result, task),
        "---",
        f"# {markdown_name(_title(config))}",
        "",
        f"{MODELS[task]} of {parameters:,} parameters, trained with vitxplain {version('vitxplain')}.",
        "",
        "## Figures",
        "",
        *figures_table(result.metrics, split_names),
        f"The weights are those of step {result.best_step:,}, {chosen}; training took {_duration(result.seconds)}.",
        "",
        *([f"![Loss and figures while it was trained]({picture})", ""] if picture else []),
        "## Data",
        "",
        f"{_code(source_name(config.data))}: {images:,} images for training, {len(labels)} classes: {classes}.",
        "",
        "## How it was made",
        "",
        "```bash",
        command(config),
        "```",
        "",
        "The options are those the run had, for its data too; what is not named had its default. A folder is named as "
        "if it lay where the command is typed (`./NAME`).",
        "",
        "## How to use it",
        "",
        "```bash",
        "vitx explain IMAGE --model MODEL",
        "```",
        "",
        "`MODEL` is the folder of this page, or the name that it has on the Hub.",
        "",
        "## Limits",
        "",
        f"- {_limit(task)}",
        "- The figures hold for images like those of the data; others were not tried.",
        f"- {_figures_note(memorised=memorised, tested='test' in result.metrics)}",
        "",
    ]
    return utf8("\n".join(lines))


def _limit(task: str) -> str:
    """What the model cannot do."""
    if task == CLASSES:
        return "It knows the classes above and names one of them for any image, whatever is on it."
    what = "objects" if task == OBJECTS else "regions"
    return f"It finds {what} of the classes above, and no others."


def command(config: RunConfig) -> str:
    """The command that makes the same run again; folders without the folders they lie in, since paths are private."""
    words = ["vitx", "train", "--model", typed_source(config.model), "--data", typed_source(config.data)]
    if config.task not in (AUTO, CLASSES):
        words += ["--task", config.task]
    if config.limit is not None:
        words += ["--limit", str(config.limit)]
    usual = TrainOptions()
    options = {
        option.name: value
        for option in fields(TrainOptions)
        if (value := getattr(config.options, option.name)) != getattr(usual, option.name)
    }
    options |= {f"model.{key}": value for key, value in config.model_options.items()}
    options |= {f"data.{key}": value for key, value in config.data_options.items()}
    for key, value in options.items():
        text = as_text(value)
        words += ["-o", f"{key}={source_name(text) if '/' in text else text}"]
    return " ".join(shell_word(shlex.quote(word), word) for word in words)


def _figures_note(*, memorised: bool, tested: bool) -> str:
    """What the validation figures say about other images."""
    if memorised:
        meaning = "they show that the model can learn by heart, and nothing of other images"
        return f"Validation was on {TRAINING_IMAGES}: {meaning}{', which the test split does' if tested else ''}."
    other = "those of the test split do not" if tested else "there was no test split"
    return f"The validation figures chose the weights, so they flatter a little; {other}."


def _on_hub(data: str) -> bool:
    """Whether the data are OWNER/NAME of the Hub, and no folder."""
    return "/" in data and data == source_name(data) and not is_folder(user_path(data))


def _header(config: RunConfig, result: RunResult, task: str) -> list[str]:
    """Lines of the Hub's header: what it was made of and its figures, as the Hub's own library words them.

    Each is JSON, which YAML holds, so that no name can end its line.
    """
    tags = [tag.strip() for tag in config.options.tags.split(",") if tag.strip()]
    name, on_hub = source_name(config.data), _on_hub(config.data)
    data = ModelCardData(
        library_name="vitxplain",
        pipeline_tag=task,
        base_model=_base_model(config.model),
        license=config.options.license or None,
        datasets=[name] if on_hub else None,
        tags=(tags if on_hub else [name, *tags]) or None,
        model_name=_title(config),
        eval_results=_eval_results(result, task, name) or None,
    )
    return [f"{key}: {json_text(json.dumps(value, ensure_ascii=False))}" for key, value in data.to_dict().items()]


def _base_model(model: str) -> str | None:
    """The Hub's id of the model whose weights the run began with; None of others."""
    source = ALIASES[model].source if model in ALIASES else model
    return source if _on_hub(source) else None


def _eval_results(result: RunResult, task: str, data: str) -> list[EvalResult]:
    """The figures of the images that were kept apart, else of those that chose the weights."""
    split = next((split for split in ("test", "validation") if split in result.metrics), None)
    return [
        EvalResult(
            task_type=task,
            dataset_type=data,
            dataset_name=data,
            dataset_split=split,
            metric_type=name,
            metric_name=words,
            metric_value=result.metrics[split][name],
        )
        for name, words in FIGURES.items()
        if split and result.metrics[split].get(name) is not None
    ]


def _code(name: str) -> str:
    """A name as code, or, where that would not hold it, as plain text."""
    return f"`{name}`" if markdown(name) == name and "`" not in name else markdown_name(name)


def _title(config: RunConfig) -> str:
    model = "A model from scratch" if config.model == "scratch" else source_name(config.model)
    return f"{model} on {source_name(config.data)}"


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
