"""A configuration with some of its options changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vitxplain.train.config_file import configured
from vitxplain.train.run_config import RunConfig


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
