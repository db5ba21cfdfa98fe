"""load_data: from whatever names a data set to labelled samples."""

import inspect
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import is_dataclass
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from vitxplain.data.sample import DataSet, Split
from vitxplain.data.splits.stored import NO_SPLITS
from vitxplain.data.subset import spread
from vitxplain.errors import DataError, OptionError, UnknownNameError, UsageError
from vitxplain.files.near import beside_the_hub, looks_like_a_path, no_such_folder, question
from vitxplain.files.paths import is_file, is_folder, user_path
from vitxplain.options.parse import option_types, parse
from vitxplain.suggest import did_you_mean, similar_names

BUILT_IN: Final = {
    "digits": "vitxplain.data.synthetic.digits:Digits",
    "defects": "vitxplain.data.synthetic.defects:Defects",
    "scenes": "vitxplain.data.synthetic.scenes:Scenes",
    "mnist": "vitxplain.data.published.mnist:mnist",
    "cifar10": "vitxplain.data.published.cifar10:cifar10",
}
HUB: Final = "vitxplain.data.hub.dataset:hub_images"
HUB_ID: Final = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
NO_OPTIONS: Final = frozenset({"split", "strict", "epoch"})  # given elsewhere, or by training alone


class EmptySplitError(DataError):
    """The set is there, and nothing of it is in the split.

    `clause` says so alone, for commands that give advice of their own.
    """

    clause = ""


def load_data(
    source: str | PathLike[str],
    split: Split = "test",
    *,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    limit: int | None = None,
    strict: bool = False,
    options: Mapping[str, Any] | None = None,
) -> DataSet:
    """Labelled samples of a named set, a folder or the Hub.

    Args:
        source: an existing folder; else a built-in set (`digits`, `defects`, `scenes`, `mnist`, `cifar10`;
            `mnist:FOLDER`); else gtsegs_ijcv.mat of ImageNet-Segmentation; else a Hub id (`owner/name`).
        split: "train", "validation" or "test".
        size: (height, width) in pixels, for sets that are made; stored images keep theirs.
        seed: of sets that are made, and of the shares where a folder has no splits.
        limit: at most so many samples, spread over the set.
        strict: a damaged image stops; else it is named, skipped and counted.
        options: further options of this set, as values or as texts; docs/how-to/data.md lists them.

    Raises:
        UnknownNameError: nothing has this name.
        OptionError: the set has no such option, or it does not take the value.
        DataError: the set cannot be used as it is.
        UsageError: no such split, a limit below 1, or a source that is no name, such as a data set of torch.
    """
    if not isinstance(source, (str, PathLike)):
        raise UsageError(
            f"data is of type {type(source).__name__}; give a built-in set (digits), a folder, a Hub id, or what "
            "load_data returned. Images in memory are saved first, as FOLDER/test/CLASS/0.png."
        )
    if split not in get_args(Split):
        raise UsageError(f"{split!r} is no split; take {', '.join(get_args(Split))}.")
    if limit is not None and limit < 1:
        raise UsageError(f"limit is {limit}; it takes 1 or more.")
    make, arguments = _maker(source)
    common = {"split": split, "size": size, "seed": seed, "count": limit, "strict": strict}
    fitting = {key: value for key, value in common.items() if key in _parameters(make) and value is not None}
    try:
        data: DataSet = make(
            **fitting | arguments | _read_options(str(source), _options(make, arguments), options or {})
        )
    except DataError as error:
        if "repo_id" in arguments and (folder := beside_the_hub(str(source))):
            raise DataError(f"{folder}{error}") from error
        raise
    if not len(data):
        clause = f"the {split} split of {source} holds no images"
        empty = EmptySplitError(f"{clause}. {_way_out(data, split)}")
        empty.clause = clause
        raise empty
    return data if limit is None or len(data) <= limit else spread(data, limit)


def _way_out(data: DataSet, split: Split) -> str:
    """What to do about a split without images; shares of a folder of few images can be empty."""
    shares = [note for note in data.notes if NO_SPLITS in note]
    if not shares:
        return "Choose another split."
    whole = ",".join("1" if split == other else "0" for other in get_args(Split))
    return f"{shares[0]} Of so few images no share is left for it: -o data.ratio={whole} makes all of them {split}."


def options_of(source: str | PathLike[str]) -> dict[str, Any]:
    """The options of the data set of this name, by name, with types.

    Raises:
        UnknownNameError: nothing has this name.
    """
    make, arguments = _maker(source)
    return _options(make, arguments)


def _maker(source: str | PathLike[str]) -> tuple[Callable[..., DataSet], dict[str, Any]]:
    """The function or class that makes the set, and the arguments the source itself gives."""
    name, path = str(source), user_path(source)
    if name.strip() and is_folder(path):
        from vitxplain.data.folder_layouts import opener

        return opener(path), {"folder": str(path)}
    word, colon, folder = name.partition(":")
    if word in BUILT_IN and not isinstance(source, Path):
        make = _imported(BUILT_IN[word])
        if not colon:
            return make, {}
        if "folder" in _parameters(make):
            return make, {"folder": folder}
    if is_file(path) and path.suffix == ".mat":
        return _imported("vitxplain.data.published.gtsegs:gtsegs"), {"file": name}
    if is_file(path):
        raise UnknownNameError(f"{source} is a file; give the folder the images lie in.")
    if name.strip() and looks_like_a_path(source):
        raise UnknownNameError(no_such_folder(source))
    if HUB_ID.fullmatch(name):
        return _imported(HUB), {"repo_id": name}
    hint = did_you_mean(similar_names(word.lower(), BUILT_IN, most=1), start=" Did")
    raise UnknownNameError(
        f"no data set is called {name!r}.{hint}{question(name)} Built in are "
        f"{', '.join(BUILT_IN)}; a folder of that name was looked for at {path.absolute()}; "
        "a set of the Hub is written OWNER/NAME, as ylecun/mnist."
    )


def _read_options(source: str, hints: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options by name, texts read by type.

    Raises:
        OptionError: there is no such option, or it does not take the value.
    """
    values = {}
    for word, value in options.items():
        key = word.replace("-", "_")
        if key not in hints:
            near = similar_names(key, hints, most=2, cutoff=0.5)
            hint = did_you_mean(near, f"It has: {', '.join(hints) or 'none'}.", start="Did")
            raise OptionError(f"the data set {source} has no option {word!r}. {hint}")
        values[key] = parse(word, value, hints[key]) if isinstance(value, str) else value
    return values


def _options(make: Callable[..., DataSet], arguments: Container[str]) -> dict[str, Any]:
    """The options a user may give, by name, with types: those that neither the source nor another argument gives."""
    return {name: hint for name, hint in _parameters(make).items() if name not in NO_OPTIONS and name not in arguments}


def _parameters(make: Callable[..., DataSet]) -> dict[str, Any]:
    """All parameters of what makes a data set, by name, with types."""
    if isinstance(make, type) and is_dataclass(make):
        return option_types(make)
    hints = get_type_hints(make)
    return {name: hints[name] for name in inspect.signature(make).parameters}


def _imported(target: str) -> Callable[..., DataSet]:
    """The object MODULE:NAME, imported late: no set waits for what another needs."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
