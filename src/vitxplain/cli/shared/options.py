"""Options that several commands share, said once."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from vitxplain.cli.shared.completion import complete_methods, complete_models

OF_MODEL = "Model"
OUTPUT = "Output"

Model: TypeAlias = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="Folder, short name (`vitx models`), Hub id, timm:NAME or torchvision:NAME.",
        autocompletion=complete_models,
        rich_help_panel=OF_MODEL,
    ),
]
Images: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="IMAGE", help="Files, folders, patterns ('**/*.jpg') or URLs.", show_default=False),
]
BatchSize: TypeAlias = Annotated[int, typer.Option("--batch-size", min=1, help="Images that run together.")]
Methods: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--method",
        "--methods",
        help="One or more methods, separated by commas (`vitx methods`); auto chooses by the model.",
        autocompletion=complete_methods,
    ),
]
MinScore: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--min-score",
        metavar="S",
        help="From which score, 0 to 1, an object or segment counts as found. Default: the model's library's.",
        show_default=False,
    ),
]
Device: TypeAlias = Annotated[
    str, typer.Option("--device", help="auto (CUDA, MPS or CPU), cpu, cuda, cuda:1, mps.", rich_help_panel=OF_MODEL)
]
Dtype: TypeAlias = Annotated[
    str,
    typer.Option("--dtype", help="auto (as stored), float32, bfloat16 or float16.", rich_help_panel=OF_MODEL),
]
ImageSize: TypeAlias = Annotated[
    str | None,
    typer.Option("--image-size", metavar="HxW", help="Another input size than its own.", rich_help_panel=OF_MODEL),
]
Revision: TypeAlias = Annotated[
    str | None, typer.Option("--revision", help="Branch, tag or commit on the Hub.", rich_help_panel=OF_MODEL)
]
TrustRemoteCode: TypeAlias = Annotated[
    bool, typer.Option("--trust-remote-code", help="Run code that comes with the model.", rich_help_panel=OF_MODEL)
]
Output: TypeAlias = Annotated[
    str,
    typer.Option(
        "--output",
        metavar="NAME",
        help="Which of its outputs are the class scores: a name or a place; auto where one can be them.",
        rich_help_panel=OF_MODEL,
    ),
]
Activation: TypeAlias = Annotated[
    str,
    typer.Option(
        "--activation",
        help="What makes probabilities of them: auto, softmax, sigmoid or none (values).",
        rich_help_panel=OF_MODEL,
    ),
]
Out: TypeAlias = Annotated[Path, typer.Option("--out", help="Folder for the results.", rich_help_panel=OUTPUT)]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="One JSON object a line on stdout, and nothing else.", rich_help_panel=OUTPUT)
]
Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only errors and what was asked for with --json.", rich_help_panel=OUTPUT)
]
Debug: TypeAlias = Annotated[bool, typer.Option("--debug", help="Show tracebacks.", rich_help_panel=OUTPUT)]
