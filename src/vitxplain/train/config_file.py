"""From a YAML file and what is typed behind it to a RunConfig; what is typed wins."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from vitxplain.data.loading import options_of
from vitxplain.errors import OptionError, UsageError
from vitxplain.option_text import key_and_value, option_types, parse
from vitxplain.train.options import TrainOptions
from vitxplain.train.run_config import SCRATCH, RunConfig, as_text

MODEL, DATA = "vit-base", "digits"
SECTIONS = {"model_options": "model", "data_options": "data"}
WAYS = "-o key=value, -o model.key=value or -o data.key=value"


def configured(
    file: Path | None,
    typed: Sequence[str],
    *,
    model: str | None = None,
    data: str | None = None,
    limit: int | None = None,
) -> RunConfig:
    """The configuration of a file, if any, changed by `key=value` texts and the named arguments.

    Raises:
        UsageError: the file cannot be read, or is no configuration.
        OptionError: an option nothing here has, or a value it does not take.
    """
    from_file = _read(file) if file else {}
    model = model or from_file.pop("model", None) or MODEL
    data = data or from_file.pop("data", None) or DATA
    from_file.pop("model", None), from_file.pop("data", None)
    in_file = from_file.pop("limit", None)
    hints = {"train": option_types(TrainOptions), "model": _model_hints(model), "data": options_of(data)}
    options = _sorted_out(hints, [*_flat(from_file), *(key_and_value(one, WAYS) for one in typed)])
    read = {
        kind: {name: parse(name, as_text(value), hints[kind][name]) for name, value in options[kind].items()}
        for kind in hints
    }
    limit = limit or (None if in_file is None else parse("limit", as_text(in_file), int))
    return RunConfig(str(model), str(data), TrainOptions(**read["train"]), read["model"], read["data"], limit)


def _model_hints(model: str) -> dict[str, Any]:
    """What a model can be told, with types."""
    from vitxplain.models.scratch import KINDS
    from vitxplain.models.scratch_options import option_hints
    from vitxplain.train.lora import LoraOptions

    hints = {"image_size": tuple[int, int]} | option_types(LoraOptions)
    if model == SCRATCH:
        hints |= {"kind": str} | {name: hint for one, _ in KINDS.values() for name, hint in option_hints(one).items()}
    return hints


def _sorted_out(known: Mapping[str, Mapping[str, Any]], pairs: Iterable[tuple[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every option with what has it; a key without `train.`, `model.` or `data.` goes to the first that does."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in known}
    for word, value in pairs:
        kind, _, key = word.replace("-", "_").rpartition(".")
        has_it = [kind] if kind else [one for one, names in known.items() if key in names]
        if not has_it or key not in known.get(has_it[0], ()):
            raise OptionError(_unknown(word, kind, key, known))
        found[has_it[0]][key] = value
    return found


def _unknown(word: str, kind: str, key: str, known: Mapping[str, Mapping[str, Any]]) -> str:
    if kind and kind not in known:
        return f"-o {word}: before the dot stands train, model or data, not {kind}."
    names = {(name if one == "train" else f"{one}.{name}"): name for one in known for name in known[one]}
    close = get_close_matches(key, names.values(), n=3, cutoff=0.6)
    near = [full for name in close for full in names if names[full] == name]
    listed = ", ".join(f"{one}: {' '.join(known[one]) or 'none'}" for one in ([kind] if kind else known))
    hint = f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else f"there are ({listed})."
    return f"nothing has an option {word!r}; {hint}"


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        if key in SECTIONS:
            if not isinstance(value, Mapping):
                raise UsageError(f"{key} is {value!r} in the configuration; write its options below it, indented.")
            yield from ((f"{SECTIONS[key]}.{name}", one) for name, one in value.items())
        else:
            yield str(key), value


def _read(file: Path) -> dict[str, Any]:
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


def model_and_data_of(run: Path, model: str | None, data: str | None) -> tuple[str | None, str | None]:
    """What was not typed, as the run that lies there was started with."""
    from vitxplain.train.run_folder import RunFolder

    folder = RunFolder(run)
    if not folder.exists():
        return model, data
    saved = folder.saved_config()
    return model or saved.model, data or saved.data
