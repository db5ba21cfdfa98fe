"""The YAML file of `--config`: finding it, reading it, and leaving out what typed options override."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vitxplain.errors import UsageError
from vitxplain.files.documents import parse_yaml, read_text
from vitxplain.files.paths import is_file, is_folder
from vitxplain.files.reading import reading, shortened
from vitxplain.train.config.synonyms import split_key

SECTIONS = {"model_options": "model", "data_options": "data"}
LENGTH = {"epochs": "steps", "steps": "epochs"}  # each says how long; of both, steps would win
EXAMPLE = "write lines such as `epochs: 5`, or start from a run's config.yaml"
MOST_NAMES = 4  # options in a warning


def options_file(path: Path) -> Path:
    """The file itself, or the config.yaml of a run's folder.

    Raises:
        UsageError: a folder without one.
    """
    if not is_folder(path):
        return path
    if is_file(file := path / "config.yaml"):
        return file
    best = path / "best.yaml"  # of a search
    advice = f"give {best}" if is_file(best) else "give a YAML file with options, or the folder of a run"
    raise UsageError(f"{path} is a folder without config.yaml; {advice}.")


def read_yaml(file: Path) -> dict[str, Any]:
    """The file's mapping, by names as text; raises UsageError where it cannot be read, or is no configuration."""
    with reading(file, "a configuration in YAML", EXAMPLE, UsageError):
        contents = parse_yaml(read_text(file))
    if not isinstance(contents, dict):
        raise UsageError(f"{file} is no configuration; {EXAMPLE}.")
    return {str(name): value for name, value in contents.items()}


def option_pairs(contents: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Options as pairs with the names that are typed: model.patch_size, epochs."""
    for key, value in contents.items():
        if key in SECTIONS:
            if not isinstance(value, Mapping):
                raise UsageError(
                    f"{key} is {shortened(repr(value))} in the configuration; write its options below it, indented."
                )
            yield from ((f"{SECTIONS[key]}.{name}", option) for name, option in value.items())
        else:
            yield str(key), value


def without_overridden(
    file_pairs: Iterable[tuple[str, Any]], typed: Sequence[tuple[str, Any]]
) -> list[tuple[str, Any]]:
    """The pairs of the file without those that contradict the typed ones.

    Warns:
        Options of another kind of model are left out.
    """
    pairs = list(file_pairs)
    values = {split_key(word): value for word, value in typed}
    keys = {key for (prefix, key), value in values.items() if prefix in ("", "train") and str(value).lower() != "none"}
    lengths = keys & LENGTH.keys()
    if len(lengths) == 1:
        other = LENGTH[lengths.pop()]
        pairs = [(word, value) for word, value in pairs if split_key(word) not in (("", other), ("train", other))]
    kind = values.get(("model", "kind"), values.get(("", "kind")))
    return pairs if kind is None else _without_other_kind(str(kind), pairs)


def _without_other_kind(kind: str, pairs: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The pairs without options that only other kinds of models have."""
    from vitxplain.models.scratch.kinds import OPTIONS
    from vitxplain.models.scratch.options import option_hints

    options = {name: set(option_hints(config)) for name, config in OPTIONS.items()}
    if kind not in options:
        return list(pairs)  # refused where the model is made
    foreign = set().union(*options.values()) - options[kind]
    kept = [(word, value) for word, value in pairs if not _is_model_option(word, foreign)]
    if left := [split_key(word)[1] for word, _ in pairs if _is_model_option(word, foreign)]:
        more = f" and {len(left) - MOST_NAMES} more" if len(left) > MOST_NAMES else ""
        left_out = f"{', '.join(left[:MOST_NAMES])}{more} {'is' if len(left) == 1 else 'are'} left out"
        warnings.warn(f"of the configuration {left_out}: kind={kind} has no such option.", stacklevel=2)
    return kept


def _is_model_option(word: str, keys: set[str]) -> bool:
    prefix, key = split_key(word)
    return prefix in ("", "model") and key in keys
