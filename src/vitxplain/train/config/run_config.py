"""RunConfig: what a run is made of, as the config.yaml of its folder says it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from vitxplain.errors import UsageError
from vitxplain.files.near import looks_like_a_path
from vitxplain.files.paths import is_folder, user_path
from vitxplain.options.describe import as_text as typed
from vitxplain.train.config.options import TrainOptions

SCRATCH = "scratch"
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

    def as_yaml(self) -> bytes:
        """A file that `--config` takes: the training options stand beside model and data."""
        plain: dict[str, Any] = {"model": self.model, "data": self.data}
        if self.limit is not None:
            plain["limit"] = self.limit
        for name in sorted(OPTION_SECTIONS, reverse=True):
            if given := getattr(self, name):
                plain[name] = {key: _plain(value) for key, value in given.items()}
        plain |= asdict(self.options)
        plain[VERSIONS] = {name: version(name) for name in ("vitxplain", "torch", "transformers")}
        return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).encode()

    @classmethod
    def from_yaml(cls, text: bytes) -> "RunConfig":
        """What `as_yaml` wrote, now or in an earlier version."""
        plain = yaml.safe_load(text)
        plain.pop(VERSIONS, None)
        options = {one.name: plain.pop(one.name) for one in fields(TrainOptions) if one.name in plain}
        for name in OPTION_SECTIONS & plain.keys():
            plain[name] = {key: tuple(one) if isinstance(one, list) else one for key, one in plain[name].items()}
        return cls(options=TrainOptions(**options), **plain)


def absolute_source(source: str) -> str:
    """What names a folder here as a path that holds everywhere; other sources as they are."""
    kind, colon, folder = source.partition(":") if ":" in source else ("", "", source)
    path = user_path(folder)
    if source == SCRATCH or not folder or not is_folder(path):
        return source
    straight = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, and lose their names
    same = is_folder(straight) and straight.samefile(path)  # not where `..` leads back from a link
    return f"{kind}{colon}{straight if same else path.absolute()}"


def relative_source(source: str) -> str:
    """A located folder as messages had better call it: by its way from the current folder, if it lies below."""
    with suppress(ValueError, OSError):
        if is_folder(user_path(source)):
            return str(user_path(source).relative_to(Path.cwd()))
    return source


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def resumed_config(asked: RunConfig, saved: RunConfig) -> RunConfig:
    """The configuration a run was started with; of what is asked now only what changes no result is taken over.

    Raises:
        UsageError: what is asked contradicts it.
    """
    usual = TrainOptions()
    given = {
        one.name: value
        for one in fields(TrainOptions)
        if (value := getattr(asked.options, one.name)) != getattr(usual, one.name)
    }
    taken = {name: given.pop(name) for name in ABOUT_THE_MACHINE if name in given}
    pairs = {name: (value, getattr(saved.options, name)) for name, value in given.items()}
    for kind in ("model", "data"):
        now, then = absolute_source(getattr(asked, kind)), absolute_source(getattr(saved, kind))
        if now != then and not (is_folder(user_path(now)) and _is_gone(then)):  # a folder may have been moved
            pairs[kind] = (now, then)
    if asked.limit is not None:
        pairs["limit"] = (asked.limit, saved.limit)
    for kind in ("model", "data"):
        known: Mapping[str, Any] = getattr(saved, f"{kind}_options")
        for name, value in getattr(asked, f"{kind}_options").items():
            pairs[f"{kind}.{name}"] = (value, known.get(name))
    for name, (now, then) in pairs.items():
        if now != then and as_text(now) != as_text(then):
            raise UsageError(
                f"{name} is {as_text(now)} now, but the run was started with {as_text(then)}, and resuming goes on "
                "with what it was started with; leave it out, or start another run."
            )
    return replace(saved, model=asked.model, data=asked.data, options=replace(saved.options, **taken))


def _is_gone(source: str) -> bool:
    return looks_like_a_path(source) and not user_path(source).exists()


def as_text(value: Any) -> str:
    """A value as it is typed behind `-o key=`; YAML has lists where we have tuples."""
    return typed(tuple(value) if isinstance(value, list) else value)
