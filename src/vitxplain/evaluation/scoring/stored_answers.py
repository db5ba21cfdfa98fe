"""What models found, as it stands in the folder of an evaluation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from vitxplain.evaluation.kept_lines import KeptLines
from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.scoring.lines import read_lines

Key: TypeAlias = tuple[str, str]
IMAGE = ("model", "image")  # what a key says


def read_answers(folder: Path, damaged: Callable[[Path, int], object] = lambda _file, _count: None) -> KeptLines[Key]:
    """Those of all processes by model and image, the latest of each; `damaged` hears of lines that cannot be read."""
    lines: KeptLines[Key] = KeptLines(len(IMAGE))

    def keep(answer: ImageAnswer) -> None:
        lines.put((answer.model, answer.image), answer.as_json())

    for file in sorted(folder.glob("found-*.jsonl")):
        if unreadable := read_lines(file, ImageAnswer.of, keep):
            damaged(file, unreadable)
    return lines


def answer_of(line: str) -> ImageAnswer:
    """From a line that `ImageAnswer.as_json` wrote."""
    return ImageAnswer.of(json.loads(line))
