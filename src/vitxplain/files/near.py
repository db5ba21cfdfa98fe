"""Messages for a folder that does not exist, with existing folders of similar names."""

import os
from contextlib import suppress
from os import PathLike
from pathlib import Path

from vitxplain.files.paths import is_folder, user_path
from vitxplain.suggest import similar_names


def looks_like_a_path(source: str | PathLike[str]) -> bool:
    """Whether it can be meant for a folder alone: a name of the Hub has one slash at most, and starts with a word."""
    if not isinstance(source, str):
        return True
    return source.startswith((".", "/", "~")) or source.endswith("/") or "\\" in source or source.count("/") > 1


def no_such_folder(source: str | PathLike[str]) -> str:
    """That a folder is not there, in sentences, with those of a similar name."""
    looked = "" if user_path(source).is_absolute() else f" (looked up in {_here()})"
    return f"the folder {source} does not exist; check the path{looked}.{question(source)}"


def question(source: str | PathLike[str]) -> str:
    """Whether a folder of a similar name was meant, as a sentence behind others; nothing where there is none."""
    near = near_folders(user_path(source))
    return f" Did you mean the folder {' or '.join(near)}?" if near else ""


def beside_the_hub(source: str) -> str:
    """What a Hub id that was not found may have been meant for; OWNER/NAME also where OWNER is a folder here."""
    owner, slash, _ = source.partition("/")
    may_be_folder = (slash and is_folder(user_path(owner))) or near_folders(user_path(source))
    return f"{no_such_folder(source)} And as a Hub id: " if may_be_folder else ""


def no_folder_either(source: str) -> str:
    """That what was looked for elsewhere is no folder either, as a sentence behind others."""
    return f"There is no folder {source} either (looked up in {_here()})."


def near_folders(path: Path) -> list[str]:
    """Folders whose path differs in one part, and in that by a letter or so; the nearest first."""
    parent = next((folder for folder in path.parents if is_folder(folder)), Path())
    wrong, *rest = path.parts[len(parent.parts) :] or ("",)
    names: list[str] = []
    with suppress(OSError), os.scandir(parent) as entries:
        names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    plain = {name.casefold(): name for name in sorted(names)}
    near = similar_names(wrong.casefold(), plain, cutoff=0.7)
    folders = (parent.joinpath(plain[name], *rest) for name in near)
    return [str(folder) for folder in folders if is_folder(folder) and folder != path]


def _here() -> Path | str:
    with suppress(OSError):
        return Path.cwd()
    return "a folder that was removed"
