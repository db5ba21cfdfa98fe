"""Training: the options of model and data that `vitx train` and `vitx tune` share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from vitxplain.cli.shared.completion import complete_models
from vitxplain.cli.shared.options import OF_MODEL

Start: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="What to start from: scratch, or as everywhere a folder, short name, Hub id, timm:NAME, torchvision:NAME.",
        show_default="vit-base",
        autocompletion=complete_models,
        rich_help_panel=OF_MODEL,
    ),
]
Data: TypeAlias = Annotated[
    str | None, typer.Option("--data", help="A built-in set, a folder or a Hub id.", show_default="digits")
]
Task: TypeAlias = Annotated[
    Literal["auto", "image-classification", "object-detection", "image-segmentation"] | None,
    typer.Option("--task", help="What is learnt; auto: what the model and the data are for.", show_default="auto"),
]
Config: TypeAlias = Annotated[
    Path | None, typer.Option("--config", help="YAML file with options, or a run; what is typed goes before it.")
]
Options: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "-o",
        "--option",
        metavar="KEY=VALUE",
        help="An option of the training, of the model or of the data: epochs=5, model.patch_size=4, data.seed=1.",
        show_default=False,
    ),
]
Limit: TypeAlias = Annotated[int | None, typer.Option("--limit", min=1, help="Only so many images of each split.")]
Strict: TypeAlias = Annotated[bool, typer.Option("--strict", help="Stop at a damaged image; else it is skipped.")]


@dataclass(frozen=True)
class Training:
    """Taken by a command as `*, training: Training`."""

    model: Start = None
    data: Data = None
    task: Task = None
    config: Config = None
    option: Options = field(default_factory=list)
    limit: Limit = None
    strict: Strict = False
