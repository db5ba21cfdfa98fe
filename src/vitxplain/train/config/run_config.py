"""RunConfig: model, data and options of a run, and its form in config.yaml."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from vitxplain.errors import UsageError
from vitxplain.escape import utf8
from vitxplain.files.documents import parse_yaml
from vitxplain.files.near import looks_like_a_path
from vitxplain.files.paths import exists, is_folder, user_path
from vitxplain.options.describe import as_text as typed_text
from vitxplain.train.config.options import TrainOptions

SCRATCH = "scratch"
AUTO = "auto"
VERSIONS = "versions"  # in the file: what wrote it
OPTION_SECTIONS = {"model_options", "data_options"}
ABOUT_THE_MACHINE = ("workers", "keep", "loggers")  # may change when a run is resumed


@dataclass(frozen=True)
class RunConfig:
    """Model and data with their options, and how to train."""

    model: str
    data: str
    options: TrainOptions = field(default_factory=TrainOptions)
    model_options: Mapping[str, Any] = field(default_factory=dict)
    data_options: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None  # images of each split
    task: str = AUTO  # what is learnt; in a run's file the one that was chosen

    def as_yaml(self) -> bytes:
        """A file that `--config` takes: the training options stand beside model and data."""
        plain: dict[str, Any] = {"model": self.model, "data": self.data, "task": self.task}
        if self.limit is not None:
            plain["limit"] = self.limit
        for name in sorted(OPTION_SECTIONS, reverse=True):
            if options := getattr(self, name):
                plain[name] = {key: _yaml_value(value) for key, value in options.items()}
        plain |= asdict(self.options)
        plain[VERSIONS] = {name: version(name) for name in ("vitxplain", "torch", "transformers")}
        return utf8(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))

    @classmethod
    def from_yaml(cls, text: bytes) -> "RunConfig":
        """What `as_yaml` wrote, now or in an earlier version."""
        plain = parse_yaml(text)
        plain.pop(VERSIONS, None)
        options = {option.name: plain.pop(option.name) for option in fields(TrainOptions) if option.name in plain}
        for name in OPTION_SECTIONS & plain.keys():
            plain[name] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in plain[name].items()
            }
        return cls(options=TrainOptions(**options), **plain)


def absolute_source(source: str) -> str:
    """A source that names a folder as an absolute path; other sources as they are."""
    kind, colon, folder = source.partition(":") if ":" in source else ("", "", source)
    path = user_path(folder)
    if source == SCRATCH or not folder or not is_folder(path):
        return source
    shortest = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, and lose their names
    same = is_folder(shortest) and shortest.samefile(path)  # not where `..` leads back from a link
    return f"{kind}{colon}{shortest if same else path.absolute()}"


def relative_source(source: str) -> str:
    """A source as messages show it: a folder below the current one by its relative path."""
    with suppress(ValueError, OSError):
        if is_folder(user_path(source)):
            return str(user_path(source).relative_to(Path.cwd()))
    return source


def resumed_config(new: RunConfig, saved: RunConfig) -> RunConfig:
    """The saved configuration of a run, with those of the new options that change no result.

    Raises:
        UsageError: the new configuration contradicts the saved one.
    """
    usual = TrainOptions()
    options = {
        option.name: value
        for option in fields(TrainOptions)
        if (value := getattr(new.options, option.name)) != getattr(usual, option.name)
    }
    of_machine = {name: options.pop(name) for name in ABOUT_THE_MACHINE if name in options}
    pairs = {name: (value, getattr(saved.options, name)) for name, value in options.items()}
    for kind in ("model", "data"):
        now, then = absolute_source(getattr(new, kind)), absolute_source(getattr(saved, kind))
        if now != then and not (is_folder(user_path(now)) and _is_missing_folder(then)):  # a folder may have been moved
            pairs[kind] = (now, then)
    if new.limit is not None:
        pairs["limit"] = (new.limit, saved.limit)
    if AUTO not in (new.task, saved.task):
        pairs["task"] = (new.task, saved.task)
    for kind in ("model", "data"):
        saved_options: Mapping[str, Any] = getattr(saved, f"{kind}_options")
        for name, value in getattr(new, f"{kind}_options").items():
            pairs[f"{kind}.{name}"] = (value, saved_options.get(name))
    for name, (now, then) in pairs.items():
        if now != then and as_text(now) != as_text(then):
            raise UsageError(
                f"{name} is {as_text(now)} now, but the run was started with {as_text(then)}, and resuming goes on "
                "with what it was started with; leave it out, or start another run."
            )
    return replace(saved, model=new.model, data=new.data, options=replace(saved.options, **of_machine))


def as_text(value: Any) -> str:
    """A value as it is typed behind `-o key=`; YAML has lists where we have tuples."""
    return typed_text(tuple(value) if isinstance(value, list) else value)


def _is_missing_folder(source: str) -> bool:
    return looks_like_a_path(source) and not exists(user_path(source))


def _yaml_value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
