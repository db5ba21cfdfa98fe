"""From a YAML file and what is typed behind it to a RunConfig; what is typed wins."""

import operator
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from vitxplain.data.load import BUILT_IN, options_of
from vitxplain.errors import ModelLoadError, OptionError, UnknownNameError
from vitxplain.files.near import looks_like_a_path, no_such_folder
from vitxplain.files.paths import is_folder, user_path
from vitxplain.models.known_models import ALIASES, NAMES
from vitxplain.options.parse import key_and_value, option_types, parse
from vitxplain.options.route import Fields, OptionKey, option_key, route
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.train.config.lora_options import LoraOptions
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import SCRATCH, VERSIONS, RunConfig, as_text, located
from vitxplain.train.config.synonyms import near, synonym
from vitxplain.train.config.yaml_file import flat, giving_way, options_file, read

MODEL, DATA = "vit-base", "digits"
NO_OPTIONS = ("model", "data", "limit", VERSIONS)
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

    A folder the file names is looked for in the current folder, then beside the file. `file` may be a run's folder.

    Warns:
        Options of the file are left out, because they belong to the other kind of model than the one typed.

    Raises:
        UsageError: the file cannot be read, or is no configuration; or the model is called almost `scratch`.
        OptionError: an option nothing here has, or a value it does not take.
        ModelLoadError: the model is a path, and nothing is there.
    """
    file = options_file(file) if file else None
    from_file = read(file) if file else {}
    of_file = {
        "model": _beside(file, from_file.get("model"), (SCRATCH, *NAMES, *ALIASES)),
        "data": _beside(file, from_file.get("data"), BUILT_IN),
    }
    model, data = model or of_file["model"] or MODEL, data or of_file["data"] or DATA
    in_file = from_file.get("limit")
    others = {
        f"{kind}_options" for kind, now in {"model": model, "data": data}.items() if of_file[kind] not in (None, now)
    }
    rest = {key: value for key, value in from_file.items() if key not in {*NO_OPTIONS, *others}}
    typed_pairs = [key_and_value(one, WAYS) for one in typed]
    pairs = [*giving_way(flat(rest), typed_pairs), *typed_pairs]
    # What can be told at once comes before what needs seconds of imports.
    options = _of_training(pairs)
    if model != SCRATCH and ":" not in model and not user_path(model).exists():
        if looks_like_a_path(model):
            raise ModelLoadError(no_such_folder(model))
        if similar_names(model.casefold(), [SCRATCH], cutoff=0.8):  # no word of the Hub is so near to it
            raise UnknownNameError(f"no model is called {model!r}. Did you mean {SCRATCH}: a new one, without a past?")
    hints = {"train": option_types(TrainOptions), "data": options_of(data), "model": _model_hints(model)}
    found = _sorted_out(hints, pairs)
    own = {
        kind: {name: parse(name, as_text(value), hints[kind][name]) for name, value in found[kind].items()}
        for kind in ("model", "data")
    }
    limit = limit or (None if in_file is None else parse("limit", as_text(in_file), int))
    return RunConfig(located(model), located(data), options, own["model"], own["data"], limit)


def _of_training(pairs: Iterable[tuple[str, Any]]) -> TrainOptions:
    """Those of the options that say how to train.

    Raises:
        OptionError: a value one does not take, or a name that is one of them in other tools.
    """
    hints, read = option_types(TrainOptions), {}
    for word, value in pairs:
        key = option_key(word)
        if key.owner in ("", "train") and key.name in hints:
            read[key.name] = parse(key.name, as_text(value), hints[key.name])
        elif key.owner in ("", "train") and (meant := synonym(key.name)) in hints:
            raise OptionError(f"nothing has an option {word!r}; {did_you_mean([str(meant)])}")
    return TrainOptions(**read)


def _model_hints(model: str) -> dict[str, Any]:
    """What a model can be told, with types."""
    hints = {"image_size": tuple[int, int]} | option_types(LoraOptions)
    if model == SCRATCH:
        from vitxplain.models.scratch.cnn_config import ScratchCNNConfig
        from vitxplain.models.scratch.options import option_hints
        from vitxplain.models.scratch.vit_config import ScratchViTConfig  # alone: the models take seconds to import

        hints |= {"kind": str} | option_hints(ScratchViTConfig) | option_hints(ScratchCNNConfig)
    return hints


def _sorted_out(known: Mapping[str, Mapping[str, Any]], pairs: Iterable[tuple[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every option with what has it; a key without `train.`, `model.` or `data.` goes to the first that does."""
    options: dict[str, dict[str, Any]] = {kind: {} for kind in known}
    receivers = {kind: known[kind] for kind in ("train", "model", "data")}
    for key, value, kinds in route(pairs, receivers, operator.eq, partial(_no_such_option, known=known)):
        options[kinds[0]][key.name] = value
    return options


def _no_such_option(key: OptionKey, addressed: Mapping[str, Fields], known: Mapping[str, Fields]) -> OptionError:
    if not addressed:
        return OptionError(f"-o {key.typed}: before the dot stands train, model or data, not {key.owner}.")
    lines = "".join(f"\n  {kind}: {', '.join(known[kind]) or 'none'}" for kind in known if kind in addressed)
    hint = did_you_mean(near(key.name, known), f"there are:{lines}")
    return OptionError(f"nothing has an option {key.typed!r}; {hint}")


def _beside(file: Path | None, source: Any, names: Container[str]) -> str | None:
    """A source a file names: a folder here, else one beside the file, else as it is."""
    if source is None or file is None:
        return None
    text = str(source)
    beside = file.parent / user_path(text)
    here = text in names or is_folder(user_path(text))
    return str(beside) if not here and is_folder(beside) else text


def value_of(base: RunConfig, key: str, text: str) -> Any:
    """What an option's text stands for in a configuration.

    Raises:
        OptionError: there is no such option, or it does not take the value.
    """
    changed = with_options(base, [f"{key}={text}"])
    kind, _, name = key.rpartition(".")
    places = {"train": vars(changed.options), "model": changed.model_options, "data": changed.data_options}
    return next(places[one][name] for one in ([kind] if kind else places) if name in places[one])


def with_options(base: RunConfig, typed: Sequence[str]) -> RunConfig:
    """The configuration changed by `key=value` texts."""
    new = configured(None, typed, model=base.model, data=base.data)
    named = {one.partition("=")[0].rpartition(".")[2] for one in typed}
    options = {name: value for name, value in vars(new.options).items() if name in named}
    return replace(
        base,
        options=replace(base.options, **options),
        model_options={**base.model_options, **new.model_options},
        data_options={**base.data_options, **new.data_options},
    )
