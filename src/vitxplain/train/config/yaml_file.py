"""The YAML file of `--config`: what stands in it, and what of that gives way to what is typed."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from vitxplain.errors import UsageError
from vitxplain.files.paths import is_folder
from vitxplain.train.config.synonyms import split

SECTIONS = {"model_options": "model", "data_options": "data"}
LENGTH = {"epochs": "steps", "steps": "epochs"}  # either says how long; of both, steps would win
NAMED = 4  # options in a note


def options_file(path: Path) -> Path:
    """The file itself, or the config.yaml of a run's folder.

    Raises:
        UsageError: a folder without one.
    """
    if not is_folder(path):
        return path
    if (inside := path / "config.yaml").is_file():
        return inside
    best = path / "best.yaml"  # of a search
    way = f"give {best}" if best.is_file() else "give a YAML file with options, or the folder of a run"
    raise UsageError(f"{path} is a folder without config.yaml; {way}.")


def read(file: Path) -> dict[str, Any]:
    """Raises UsageError where it cannot be read, or is no configuration."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}; check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is no YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise UsageError(
            f"{file} is no configuration; write lines such as `epochs: 5`, or start from a run's config.yaml."
        )
    return found


def flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Pairs as they are typed: model.patch_size, epochs."""
    for key, value in given.items():
        if key in SECTIONS:
            if not isinstance(value, Mapping):
                raise UsageError(f"{key} is {value!r} in the configuration; write its options below it, indented.")
            yield from ((f"{SECTIONS[key]}.{name}", one) for name, one in value.items())
        else:
            yield str(key), value


def without_overridden(of_file: Iterable[tuple[str, Any]], typed: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The pairs of the file without those that would contradict what is typed.

    Warns:
        Options of another kind of model are left out.
    """
    pairs = list(of_file)
    said = {split(word): value for word, value in typed}
    given = {key for (kind, key), value in said.items() if kind in ("", "train") and str(value).lower() != "none"}
    lengths = given & LENGTH.keys()
    if len(lengths) == 1:
        other = LENGTH[lengths.pop()]
        pairs = [(word, value) for word, value in pairs if split(word) not in (("", other), ("train", other))]
    kind = said.get(("model", "kind"), said.get(("", "kind")))
    return pairs if kind is None else _of_kind(str(kind), pairs)


def _of_kind(kind: str, pairs: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Without what models of this kind do not have and those of the other do."""
    from vitxplain.models.scratch.cnn_config import ScratchCNNConfig
    from vitxplain.models.scratch.options import option_hints
    from vitxplain.models.scratch.vit_config import ScratchViTConfig

    options = {"vit": set(option_hints(ScratchViTConfig)), "cnn": set(option_hints(ScratchCNNConfig))}
    if kind not in options:
        return list(pairs)  # refused where the model is made
    foreign = set().union(*options.values()) - options[kind]
    kept = [(word, value) for word, value in pairs if not _names(word, foreign)]
    if left := [split(word)[1] for word, _ in pairs if _names(word, foreign)]:
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        is_left = f"{', '.join(left[:NAMED])}{more} {'is' if len(left) == 1 else 'are'} left out"
        warnings.warn(f"of the configuration {is_left}: kind={kind} has no such option.", stacklevel=2)
    return kept


def _names(word: str, keys: set[str]) -> bool:
    kind, key = split(word)
    return kind in ("", "model") and key in keys
