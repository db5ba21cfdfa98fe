"""Reads a RunConfig from a YAML file and typed `key=value` options; typed ones win."""

import operator
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from vitxplain.data.load import BUILT_IN, options_of
from vitxplain.errors import ModelLoadError, OptionError, UnknownNameError
from vitxplain.files.near import looks_like_a_path, no_such_folder
from vitxplain.files.paths import exists, is_folder, user_path
from vitxplain.models.known_models import ALIASES, NAMES
from vitxplain.options.parse import key_and_value, option_types, parse
from vitxplain.options.route import Fields, OptionKey, option_key, route
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.train.config.lora_options import LoraOptions
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import AUTO, SCRATCH, VERSIONS, RunConfig, absolute_source, as_text
from vitxplain.train.config.synonyms import suggestions, synonym
from vitxplain.train.config.task_names import check_task
from vitxplain.train.config.yaml_file import option_pairs, options_file, read_yaml, without_overridden

MODEL, DATA = "vit-base", "digits"
NOT_OPTIONS = ("model", "data", "task", "limit", VERSIONS)
WAYS = "-o key=value, -o model.key=value or -o data.key=value"


def configure(
    file: Path | None,
    typed: Sequence[str],
    *,
    model: str | None = None,
    data: str | None = None,
    limit: int | None = None,
    task: str | None = None,
) -> RunConfig:
    """The configuration of a file, if any, changed by `key=value` texts and the named arguments.

    A folder the file names is looked for in the current folder, then beside the file. `file` may be a run's folder.

    Warns:
        Options of the file are left out, because they belong to the other kind of model than the one typed.

    Raises:
        UsageError: the file cannot be read, or is no configuration; or the model is called almost `scratch`.
        OptionError: an option nothing here has, or a value it does not take.
        ModelLoadError: the model is a path, and nothing is there.
    """
    file = options_file(file) if file else None
    contents = read_yaml(file) if file else {}
    file_sources = {
        "model": _file_source(file, contents.get("model"), (SCRATCH, *NAMES, *ALIASES)),
        "data": _file_source(file, contents.get("data"), BUILT_IN),
    }
    model, data = model or file_sources["model"] or MODEL, data or file_sources["data"] or DATA
    file_limit = contents.get("limit")
    foreign = {
        f"{kind}_options"
        for kind, source in {"model": model, "data": data}.items()
        if file_sources[kind] not in (None, source)
    }
    file_options = {key: value for key, value in contents.items() if key not in {*NOT_OPTIONS, *foreign}}
    typed_pairs = [key_and_value(text, WAYS) for text in typed]
    pairs = [*without_overridden(option_pairs(file_options), typed_pairs), *typed_pairs]
    # Errors that need no imports come before those that need seconds of them.
    options = _train_options(pairs)
    if model != SCRATCH and ":" not in model and not exists(user_path(model)):
        if looks_like_a_path(model):
            raise ModelLoadError(no_such_folder(model))
        if similar_names(model.casefold(), [SCRATCH], cutoff=0.8):  # no word of the Hub is so near to it
            raise UnknownNameError(f"no model is called {model!r}. Did you mean {SCRATCH}: a new one, without a past?")
    hints = {"train": option_types(TrainOptions), "data": options_of(data), "model": _model_hints(model)}
    texts = _options_by_owner(hints, pairs)
    own = {
        kind: {name: parse(name, as_text(value), hints[kind][name]) for name, value in texts[kind].items()}
        for kind in ("model", "data")
    }
    limit = limit or (None if file_limit is None else parse("limit", as_text(file_limit), int))
    task = task or str(contents.get("task", AUTO))
    check_task(task)
    return RunConfig(absolute_source(model), absolute_source(data), options, own["model"], own["data"], limit, task)


def with_options(base: RunConfig, typed: Sequence[str]) -> RunConfig:
    """The configuration changed by `key=value` texts."""
    new = configure(None, typed, model=base.model, data=base.data)
    names = {text.partition("=")[0].rpartition(".")[2] for text in typed}
    options = {name: value for name, value in vars(new.options).items() if name in names}
    return replace(
        base,
        options=replace(base.options, **options),
        model_options={**base.model_options, **new.model_options},
        data_options={**base.data_options, **new.data_options},
    )


def option_value(base: RunConfig, key: str, text: str) -> Any:
    """The value that the text of an option stands for in a configuration.

    Raises:
        OptionError: there is no such option, or it does not take the value.
    """
    changed = with_options(base, [f"{key}={text}"])
    prefix, _, name = key.rpartition(".")
    options = {"train": vars(changed.options), "model": changed.model_options, "data": changed.data_options}
    return next(options[owner][name] for owner in ([prefix] if prefix else options) if name in options[owner])


def _train_options(pairs: Iterable[tuple[str, Any]]) -> TrainOptions:
    """The pairs that are options of the training.

    Raises:
        OptionError: a value one does not take, or a name that is one of them in other tools.
    """
    hints, options = option_types(TrainOptions), {}
    for word, value in pairs:
        key = option_key(word)
        if key.owner in ("", "train") and key.name in hints:
            options[key.name] = parse(key.name, as_text(value), hints[key.name])
        elif key.owner in ("", "train") and (name := synonym(key.name)) in hints:
            raise OptionError(f"nothing has an option {word!r}; {did_you_mean([str(name)])}")
    return TrainOptions(**options)


def _model_hints(model: str) -> dict[str, Any]:
    """Options of a model, with their types."""
    hints = {"image_size": tuple[int, int]} | option_types(LoraOptions)
    if model == SCRATCH:
        from vitxplain.models.scratch.kinds import OPTIONS
        from vitxplain.models.scratch.options import option_hints

        hints |= {"kind": str}
        for options in OPTIONS.values():
            hints |= option_hints(options)
    return hints


def _options_by_owner(
    hints: Mapping[str, Mapping[str, Any]], pairs: Iterable[tuple[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Options by owner: train, model or data; a key without one of these before it goes to the first that has it."""
    options: dict[str, dict[str, Any]] = {owner: {} for owner in hints}
    receivers = {owner: hints[owner] for owner in ("train", "model", "data")}
    for key, value, owners in route(pairs, receivers, operator.eq, partial(_unknown_option, hints=hints)):
        options[owners[0]][key.name] = value
    return options


def _unknown_option(key: OptionKey, addressed: Mapping[str, Fields], hints: Mapping[str, Fields]) -> OptionError:
    """The error: the options that resemble the word, or all there are."""
    if not addressed:
        return OptionError(f"-o {key.typed}: before the dot stands train, model or data, not {key.owner}.")
    lines = "".join(f"\n  {owner}: {', '.join(hints[owner]) or 'none'}" for owner in hints if owner in addressed)
    hint = did_you_mean(suggestions(key.name, hints), f"there are:{lines}")
    return OptionError(f"nothing has an option {key.typed!r}; {hint}")


def _file_source(file: Path | None, source: Any, names: Container[str]) -> str | None:
    """A source that a file names: a folder in the current one, else one beside the file, else as it is."""
    if source is None or file is None:
        return None
    text = str(source)
    if text in names or is_folder(user_path(text)):
        return text
    beside = file.parent / user_path(text)
    return str(beside) if is_folder(beside) else text
