"""The README.md of a trained model: figures, data, the command that makes it, and limits."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version

from vitxplain.data.sample import DataSet
from vitxplain.escape import json_text, markdown, markdown_name, shell_word, utf8
from vitxplain.files.paths import is_folder, user_path
from vitxplain.metrics.intervals import wilson
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.presets import TRAINING_IMAGES, validates_on_training_images
from vitxplain.train.config.run_config import RunConfig, as_text
from vitxplain.train.records.result import RunResult
from vitxplain.words import percent, source_name


def model_card(config: RunConfig, result: RunResult, data: DataSet, images: int, parameters: int) -> bytes:
    """Markdown with the Hub's header; `images` were trained on."""
    classes = ", ".join(map(markdown_name, data.labels[:20])) + (
        f" and {len(data.labels) - 20} more" if len(data.labels) > 20 else ""
    )
    memorised = validates_on_training_images(config.options)
    split_names = {"validation": f"validation ({TRAINING_IMAGES})"} if memorised else {}
    lines = [
        "---",
        "library_name: vitxplain",
        "pipeline_tag: image-classification",
        *_header(config),
        "---",
        f"# {markdown_name(_title(config))}",
        "",
        f"An image classifier of {parameters:,} parameters, trained with vitxplain {version('vitxplain')}.",
        "",
        "## Figures",
        "",
        "| split | images | accuracy | 95 % interval | loss |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_table_row(split_names.get(split, split), figures) for split, figures in result.metrics.items()),
        "",
        "The interval is Wilson's: how far chance alone moves the accuracy with so many images.",
        "",
        f"The weights are those of step {result.best_step:,}, the best of {result.step:,} by {config.options.best} on "
        f"{TRAINING_IMAGES if memorised else 'the validation split'}; training took {_duration(result.seconds)}.",
        "",
        "## Data",
        "",
        f"{_code(source_name(config.data))}: {images:,} images for training, {len(data.labels)} classes: {classes}.",
        "",
        "## How it was made",
        "",
        "```bash",
        command(config),
        "```",
        "",
        "## How to use it",
        "",
        "```bash",
        "vitx explain IMAGE --model FOLDER",
        "```",
        "",
        "## Limits",
        "",
        "- It knows the classes above and names one of them for any image, whatever is on it.",
        "- The figures hold for images like those of the data; others were not tried.",
        f"- {_figures_note(memorised=memorised, tested='test' in result.metrics)}",
        "",
    ]
    return utf8("\n".join(lines))


def command(config: RunConfig) -> str:
    """The command that makes the same run again; folders by their names alone, since paths are private."""
    words = ["vitx", "train", "--model", source_name(config.model), "--data", source_name(config.data)]
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


def _table_row(split: str, figures: Mapping[str, float]) -> str:
    """A row of the table of figures."""
    images, accuracy = round(figures["images"]), figures["accuracy"]
    _, low, high = wilson(round(accuracy * images), images)
    interval = f"{percent(low)} to {percent(high)}"
    return f"| {split} | {images:,} | {accuracy:.2%} | {interval} | {figures['loss']:.4f} |"


def _on_hub(data: str) -> bool:
    """Whether the data are OWNER/NAME of the Hub, and no folder."""
    return "/" in data and data == source_name(data) and not is_folder(user_path(data))


def _header(config: RunConfig) -> list[str]:
    """Lines of the Hub's header: the data set, and the tags of the run."""
    tags = [tag.strip() for tag in config.options.tags.split(",") if tag.strip()]
    name, on_hub = source_name(config.data), _on_hub(config.data)
    tags = tags if on_hub else [name, *tags]
    datasets = [f"datasets: {json_text(json.dumps([name]))}"] if on_hub else []
    return [*datasets, *([f"tags: {json_text(json.dumps(tags, ensure_ascii=False))}"] if tags else [])]


def _code(name: str) -> str:
    """A name as code, or, where that would not hold it, as plain text."""
    return f"`{name}`" if markdown(name) == name and "`" not in name else markdown_name(name)


def _title(config: RunConfig) -> str:
    model = "A model from scratch" if config.model == "scratch" else source_name(config.model)
    return f"{model} on {source_name(config.data)}"


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
