"""What models found, as it stands in the folder of an evaluation."""

from collections.abc import Callable
from pathlib import Path

from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.scoring.lines import read_lines


def read_answers(
    folder: Path, damaged: Callable[[Path, int], object] = lambda _file, _count: None
) -> dict[tuple[str, str], ImageAnswer]:
    """Those of all processes by model and image, the latest of each; `damaged` hears of lines that cannot be read."""
    answers: dict[tuple[str, str], ImageAnswer] = {}
    for file in sorted(folder.glob("found-*.jsonl")):
        lines, unreadable = read_lines(file, ImageAnswer.of)
        if unreadable:
            damaged(file, unreadable)
        answers |= {(answer.model, answer.image): answer for answer in lines}
    return answers
