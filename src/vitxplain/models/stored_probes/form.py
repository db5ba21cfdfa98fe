"""The form of a probe as JSON: its values by the names of their types, nothing that could run."""

from dataclasses import fields, is_dataclass
from typing import Any, Final

import torch
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout, Latents, Patches, Queries, Text
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.grid import TokenGrid
from vitxplain.models.probing.cam.linear_head import LinearHead
from vitxplain.models.probing.position_tables import PositionTable
from vitxplain.models.probing.probe import Probe
from vitxplain.models.probing.sides.decoders import Decoder
from vitxplain.models.views.image_calls import ImageCall
from vitxplain.models.views.view import View

_TYPES: Final = {
    kind.__name__: kind
    for kind in (
        *(Probe, ImageMaps, TokenGrid, AttentionLayout, Patches, Queries, Text, Latents),
        *(Decoder, ImageCall, View, PositionTable, LinearHead),
    )
}
_PLAIN: Final = (type(None), bool, int, float, str)


def to_json(value: Any) -> Any:
    """A probe, or a value within one, as lists, dictionaries and plain values.

    Raises:
        TypeError: it holds what has no such form, as networks that run side by side.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (tuple, list):
        return {kind.__name__: [to_json(one) for one in value]}
    if kind is frozenset:
        return {"frozenset": [to_json(one) for one in sorted(value)]}
    if kind is dict:
        return {"dict": [[to_json(name), to_json(one)] for name, one in value.items()]}
    if kind is Tensor and value.dtype == torch.long and value.device.type == "cpu":
        return {"integers": value.tolist(), "shape": list(value.shape)}
    if is_dataclass(value) and kind in _TYPES.values():
        return {"type": kind.__name__, **{one.name: to_json(getattr(value, one.name)) for one in fields(value)}}
    raise TypeError(f"{kind.__name__} has no form on disk")


def from_json(form: Any) -> Any:
    """What `to_json` made the form of.

    Raises:
        KeyError, TypeError, ValueError: no such form.
    """
    if not isinstance(form, dict):
        return form
    match form:
        case {"type": str(name), **values}:
            return _TYPES[name](**{field: from_json(one) for field, one in values.items()})
        case {"integers": list(rows), "shape": list(shape)}:
            return torch.tensor(rows, dtype=torch.long).view(shape)
        case {"tuple": list(parts)}:
            return tuple(map(from_json, parts))
        case {"list": list(parts)}:
            return list(map(from_json, parts))
        case {"frozenset": list(parts)}:
            return frozenset(map(from_json, parts))
        case {"dict": list(pairs)}:
            return {from_json(name): from_json(one) for name, one in pairs}
    raise TypeError(f"no form of a value: {sorted(form)}")
