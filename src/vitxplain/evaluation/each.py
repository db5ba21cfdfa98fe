"""evaluate_each: several data sets, one evaluation after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from vitxplain.data.sample import DataSet
from vitxplain.errors import UsageError
from vitxplain.evaluation.classes import NoModelError
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.preset_models import default_runs
from vitxplain.evaluation.run import Data, Models, evaluate
from vitxplain.render.labels import source_name


def evaluate_each(
    models: Models, data: Sequence[Data], *args: Any, out: str | PathLike[str] | None = None, **options: Any
) -> dict[str, Evaluation]:
    """`evaluate` for each data set, by their names; each has a folder of its name in `out`.

    Data whose classes no model has, where the preset asks for that, are left out: the others' `left_out` say so.

    Raises:
        UsageError: two data sets are called alike; or as of `evaluate`.
    """
    names = each_name(data)
    of_each: Mapping[str, Models] = dict.fromkeys(names, models)
    if models is None and options.get("preset") == "deepvisionxplain":
        sources = [one.name if isinstance(one, DataSet) else str(one) for one in data]
        of_each = dict(zip(names, default_runs(sources), strict=True))
    return where_models_are(
        {
            name: partial(evaluate, of_each[name], one, *args, out=None if out is None else Path(out) / name, **options)
            for name, one in zip(names, data, strict=True)
        }
    )


def where_models_are(evaluations: Mapping[str, Callable[[], Evaluation]]) -> dict[str, Evaluation]:
    """One after the other; data for which there is no model are left out, which the others say.

    Raises:
        NoModelError: there is a model for none of the data.
    """
    found, left_out = dict[str, Evaluation](), list[str]()
    for name, evaluation in evaluations.items():
        try:
            found[name] = evaluation()
        except NoModelError as error:
            left_out.append(f"{name} is left out: {error}")
    if not found:
        raise NoModelError(" ".join(left_out))
    return {name: replace(one, left_out=(*one.left_out, *left_out)) for name, one in found.items()}


def each_name(sets: Sequence[Data]) -> list[str]:
    """The data's own names, a folder's last part.

    Raises:
        UsageError: there are none, or two are called alike.
    """
    names = [source_name(one.name if isinstance(one, DataSet) else str(one)) for one in sets]
    if not names:
        raise UsageError("name at least one data set.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"two data sets are called {twice[0]}; evaluate them one after the other.")
    return names
