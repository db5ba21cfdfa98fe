"""The README.md of a trained model: what it is, how it came about, how good it is, what it is not for."""

import json
import shlex
from dataclasses import fields
from importlib.metadata import version

from vitxplain.data.sample import DataSet
from vitxplain.train.options import TrainOptions
from vitxplain.train.result import RunResult
from vitxplain.train.run_config import RunConfig, as_text


def model_card(config: RunConfig, result: RunResult, data: DataSet, images: int, parameters: int) -> bytes:
    """Markdown with the Hub's header; `images` were trained on."""
    shown = ", ".join(data.labels[:20]) + (f" and {len(data.labels) - 20} more" if len(data.labels) > 20 else "")
    lines = [
        "---",
        "library_name: vitxplain",
        "pipeline_tag: image-classification",
        f"datasets: {json.dumps([config.data])}" if "/" in config.data else f"tags: {json.dumps([config.data])}",
        "---",
        f"# {_title(config)}",
        "",
        f"An image classifier of {parameters:,} parameters, trained with vitxplain {version('vitxplain')}.",
        "",
        "## Figures",
        "",
        "| split | images | accuracy | loss |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {split} | {figures['images']:,.0f} | {figures['accuracy']:.2%} | {figures['loss']:.4f} |"
            for split, figures in result.metrics.items()
        ),
        "",
        f"The weights are those of step {result.best_step:,}, the best of {result.step:,} by {config.options.best} on "
        f"the validation split; training took {_duration(result.seconds)}.",
        "",
        "## Data",
        "",
        f"`{config.data}`: {images:,} images for training, {len(data.labels)} classes: {shown}.",
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
        "- The validation figures chose the weights, so they flatter a little; those of the test split do not."
        if "test" in result.metrics
        else "- The validation figures chose the weights, so they flatter a little; there was no test split.",
        "",
    ]
    return "\n".join(lines).encode()


def command(config: RunConfig) -> str:
    """What makes the same run again."""
    parts = ["vitx", "train", "--model", config.model, "--data", config.data]
    if config.limit is not None:
        parts += ["--limit", str(config.limit)]
    usual = TrainOptions()
    given = {
        one.name: value
        for one in fields(TrainOptions)
        if (value := getattr(config.options, one.name)) != getattr(usual, one.name)
    }
    given |= {f"model.{key}": value for key, value in config.model_options.items()}
    given |= {f"data.{key}": value for key, value in config.data_options.items()}
    for key, value in given.items():
        parts += ["-o", f"{key}={as_text(value)}"]
    return shlex.join(parts)


def _title(config: RunConfig) -> str:
    made = "A model from scratch" if config.model == "scratch" else config.model
    return f"{made} on {config.data}"


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
