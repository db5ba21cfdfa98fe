"""How far the five longest ways through the code are: the files a reader opens who follows each from its entrance.

    python benchmarks/ways.py [--files]

Counted as it runs, on the models and data in the box: every file of the package in which a function is called. The
same script runs with an earlier version's interpreter, and the two tables can be laid side by side.
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

import vitxplain

PACKAGE = Path(vitxplain.__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", action="store_true", help="name the files, in the order in which they are entered")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, way in WAYS.items():
            files, functions = walked(way)
            print(f"{name:9} {len(files):4} files {functions:5} functions")
            for file in files if arguments.files else ():
                print(f"          {file}")


def walked(way: Callable[[], object]) -> tuple[list[str], int]:
    """The files of the package entered on a way, and how many functions are called there."""
    codes: dict[CodeType, None] = {}

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            codes.setdefault(frame.f_code)

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        sys.setprofile(watch)
        try:
            way()
        finally:
            sys.setprofile(None)
    # A module's own body runs when it is imported, and tells nothing about the way.
    ours = [code for code in codes if code.co_filename.startswith(str(PACKAGE) + os.sep) and code.co_name[0] != "<"]
    return list(dict.fromkeys(str(Path(code.co_filename).relative_to(PACKAGE)) for code in ours)), len(ours)


def explain() -> None:
    image = np.full((96, 64, 3), 90, np.uint8)
    vitxplain.explain("demo-vit", image, "attention-rollout", target=3).save("explained")


def evaluate() -> None:
    vitxplain.evaluate(
        "demo-vit", "digits", ["raw-attention"], ["pointing-game", "insertion"], limit=2, out="evaluated"
    )


def train() -> None:
    from vitxplain.train.run import train

    options = {"image_size": 24, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    train("scratch", "digits", out="run", model_options=options, limit=8, device="cpu", options=_short())


def _short() -> Any:
    from vitxplain.train import run

    return run.TrainOptions(epochs=1, batch_size=4, watch_every=0)


def export() -> None:
    from vitxplain.export import export

    export("demo-vit", "raw-attention", "exported.onnx")


def methods() -> None:
    from typer.testing import CliRunner

    from vitxplain.cli.main import app

    CliRunner().invoke(app, ["methods", "--model", "demo-vit"], catch_exceptions=False)


WAYS = {"explain": explain, "evaluate": evaluate, "train": train, "export": export, "methods": methods}

if __name__ == "__main__":
    main()
