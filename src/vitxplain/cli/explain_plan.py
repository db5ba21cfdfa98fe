"""What `vitx explain` was asked for, checked before a model is loaded for it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vitxplain.errors import OptionError, OutputError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.fit import auto_method
from vitxplain.methods import build, check_names
from vitxplain.models.vision_model import VisionModel
from vitxplain.paths import user_path
from vitxplain.render import check_style
from vitxplain.storage import FORMATS


@dataclass(frozen=True)
class Plan:
    """Methods by name ("auto" may be one), their options as text, and where results go."""

    methods: list[str]
    options: dict[str, str]
    formats: list[str]
    folder: Path
    style: str = "auto"

    def explainers(self, model: VisionModel) -> dict[str, Explainer]:
        """The methods with their options; "auto" chosen for this model."""
        named = [auto_method(model) if name == "auto" else name for name in self.methods]
        return build(named, self.options, text=True)


def plan(methods: Sequence[str], options: Sequence[str], formats: str, folder: Path, style: str = "auto") -> Plan:
    """The plan, or the error in it.

    Raises:
        UnknownNameError, OptionError, UsageError: a method, option, format or picture style that does not exist.
        OutputError: the folder cannot be written.
    """
    named = [name.strip() for given in methods for name in given.split(",") if name.strip()]
    if not named:
        raise UsageError("--method names no method; leave it out, or see `vitx methods`.")
    check_names(named)
    folder = user_path(folder)
    chosen = [name.strip() for name in formats.split(",") if name.strip()]
    if unknown := [name for name in chosen if name not in FORMATS]:
        raise OptionError(f"there is no format {', '.join(unknown)}; --format takes some of {','.join(FORMATS)}.")
    if not chosen:
        raise OptionError(f"--format names no format; it takes some of {','.join(FORMATS)}.")
    made = Plan(named, dict(pair(option) for option in options), chosen, folder, style)
    check_style(style)
    if style != "auto" and "png" not in chosen:
        raise OptionError(f"--style {style} draws the png, which --format {formats} leaves out.")
    if "auto" not in named:
        build(named, made.options, text=True)
    check_writable(folder)
    return made


def check_writable(folder: Path) -> None:
    """Raise OutputError, before any work, if nothing can be written there; the folder is not made yet."""
    try:
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"0" * 4096)
            file.flush()
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write to {folder}: {reason}. Give another folder with --out.") from error


def pair(option: str) -> tuple[str, str]:
    """Key and value of `key=value`; UsageError for anything else."""
    key, equals, value = option.partition("=")
    if not (key.strip() and equals):
        raise UsageError(f"-o {option!r} has no value; write -o key=value or -o method.key=value.")
    return key.strip(), value
