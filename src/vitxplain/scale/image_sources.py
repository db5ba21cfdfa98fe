"""Expands files, folders, patterns and URLs to single images, and names their results."""

from collections.abc import Iterable
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from vitxplain.data.download import is_url
from vitxplain.data.read_image import stem_of
from vitxplain.files.paths import is_file, is_folder, user_path
from vitxplain.files.walk import is_image_name
from vitxplain.words import unique_stems


@dataclass(frozen=True)
class Source:
    """One image, or why there is none; `stem` names its results."""

    path: str
    stem: str = ""
    error: str | None = None


def find(arguments: Iterable[str]) -> list[Source]:
    """Every image meant by files, URLs, folders (what lies directly in them) and patterns (`**` goes deeper)."""
    sources = [source for argument in arguments for source in _expanded(argument)]
    good = [source for source in sources if source.error is None]
    stems = iter(unique_stems([stem_of(source.path) for source in good]))
    return [source if source.error else Source(source.path, next(stems)) for source in sources]


def _expanded(argument: str) -> list[Source]:
    path = user_path(argument)
    if is_url(argument) or not argument or is_file(path):
        return [Source(argument)]  # reading it says what is wrong, if anything is
    if is_folder(path):
        try:
            inside = sorted(path.iterdir())
        except OSError as error:
            return [Source(argument, error=f"{path} cannot be looked into: {error.strerror}.")]
        images = [str(file) for file in inside if _is_image(file)]
        has_folders = any(is_folder(entry) for entry in inside)
        deeper = f"; for those in its folders write '{path}/**/*'" if has_folders else ""
        return [Source(image) for image in images] or [Source(argument, error=f"{path} holds no images{deeper}.")]
    if any(sign in argument for sign in "*?["):
        matches = [file for file in sorted(glob(str(path), recursive=True)) if _is_image(Path(file))]  # noqa: PTH207
        return [Source(file) for file in matches] or [Source(argument, error=f"{argument} matches no image.")]
    return [Source(argument)]


def _is_image(file: Path) -> bool:
    return is_image_name(file.name) and is_file(file)
