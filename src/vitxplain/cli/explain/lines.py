"""What is printed of one image: what the model said or found, and the files of its maps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.text import Text

from vitxplain.cli.shared.console import printable
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.target_words import name_and_score
from vitxplain.models.tasks import TASKS
from vitxplain.tasks.base import ExplainedTarget
from vitxplain.tasks.detected import Detected
from vitxplain.words import short_name, shown

MOST_LISTED: Final = 20  # of what was found


def lines(
    path: str,
    files: Mapping[Explanation, Sequence[Path]],
    sheets: Mapping[str, Path],
    *,
    with_target: bool,
    captions: bool = False,
) -> Text:
    """The classes, best first, or what was found, numbered; below them one line a map, and its caption if wanted."""
    first = next(iter(files))
    said = _said(first, files, with_target=with_target)
    text = Text.assemble((printable(path), "bold"), "  ", said)
    for explanation, written in files.items():
        text.append(f"\n  {explanation.method}", "cyan")
        target = explanation.target
        if target and (with_target or target.label):
            text.append(f" for {_named(target)}")
        if written:  # not where all that is wanted is a table
            text.append(f" → {printable(written[0])}")
        text.append("".join(f" {file.suffix}" for file in written[1:]), "dim")
        if captions:
            text.append(f"\n    caption: {printable(explanation.caption())}")
        for note in () if captions else explanation.notes:  # which are in the caption
            text.append(f"\n    note: {note}", "yellow")
    for method, sheet in sheets.items():
        text.append(f"\n  {method}", "cyan").append(f", all on one sheet → {printable(sheet)}")
    return text


def _said(first: Explanation, files: Mapping[Explanation, Sequence[Path]], *, with_target: bool) -> Text:
    if first.detections:
        return _found(first, files, with_target=with_target)
    finds = first.task in TASKS and TASKS[first.task].finds
    return Text("nothing found", "bold") if finds else _classes(first)


def _classes(explanation: Explanation) -> Text:
    prediction = explanation.prediction
    classes = zip(prediction.names, prediction.probabilities, strict=True)
    named = [f"{printable(short_name(name))} {shown(share, prediction.unit)}" for name, share in classes]
    first, *others = named or ["features, no class"]
    return Text.assemble((first, "green"), "".join(f" · {other}" for other in others))


def _found(explanation: Explanation, files: Mapping[Explanation, Sequence[Path]], *, with_target: bool) -> Text:
    """A line for each thing with the words `--target` takes: its number, class, score, and box or share."""
    detections = explanation.detections
    word = "object" if detections[0].box else "segment"
    names = [printable(short_name(detected.name)) for detected in detections[:MOST_LISTED]]
    text = Text(f"{len(detections)} {word}{'s' * (len(detections) > 1)}", "bold")
    for number, (detected, name) in enumerate(zip(detections, names, strict=False)):
        text.append(f"\n  {word}:{number:<3}", "cyan")
        text.append(f"{name:<{max(map(len, names))}}", "green")
        text.append(f"  {shown(detected.score, 'probability'):>5}  {_place(detected)}")
    if len(detections) > MOST_LISTED:
        text.append(f"\n  and {len(detections) - MOST_LISTED} more (--json tells them all)", "dim")
    explained = {made.target.label for made in files if made.target}
    if explained and len(explained) < len(detections) and not with_target:
        text.append(f"\n  {len(explained)} of {len(detections)} explained; --target all explains each", "dim")
    return text


def _place(detected: Detected) -> str:
    if detected.box is not None:
        return f"box:{','.join(f'{side:.0f}' for side in detected.box)}"
    return f"{shown(detected.share or 0.0, 'probability')} of the image"


def _named(target: ExplainedTarget) -> str:
    name = printable(name_and_score(target, "{} ({})"))
    return name if not target.is_local else f"{printable(target.label)}, {name}"
