"""What an evaluation was asked, as far as scores depend on it: two runs share a folder only if they agree on it."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from vitxplain.data.damaged import readable
from vitxplain.data.sample import DataSet
from vitxplain.evaluation.entry import Entry
from vitxplain.metrics.base import Metric
from vitxplain.models.vision_model import VisionModel
from vitxplain.provenance import model_facts
from vitxplain.render.labels import source_name


def asked_of(samples: DataSet, entries: Sequence[Entry], metrics: Mapping[str, Metric]) -> dict[str, Any]:
    """In JSON's own types."""
    return {
        "data": {
            "name": source_name(samples.name),
            "split": samples.split,
            "images": len(samples),
            "sha256": _digest(samples),
        },
        "models": {entry.name: _of_model(entry.model) for entry in entries if entry.model},
        "methods": {
            entry.name: {name: maker.facts(name) for name, maker in entry.methods().items()} for entry in entries
        },
        "metrics": {name: repr(one) for name, one in metrics.items()},
    }


def first_clash(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str] | None:
    """What was otherwise, then and now, in words."""
    data = before["data"], now["data"]
    if data[0] != data[1]:
        told = [f"{one['images']:,} images of {one['name']} ({one['split']})" for one in data]
        return told[0], told[1] if told[0] != told[1] else "other images under the same names"
    for name in before["models"].keys() & now["models"].keys():
        if before["models"][name] != now["models"][name]:
            return f"{name} as it was", "another model of that name, or opened with other options"
    pairs = [(before["metrics"], now["metrics"])]
    pairs += [(before["methods"][name], now["methods"][name]) for name in before["methods"].keys() & now["methods"]]
    for old, new in pairs:
        for name in sorted(old.keys() & new.keys()):
            if old[name] != new[name]:
                return old[name], new[name]
    return None


def joined(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What both asked together."""
    methods = {name: {**before.get("methods", {}).get(name, {}), **those} for name, those in now["methods"].items()}
    return {
        "data": now["data"],
        "models": {**before.get("models", {}), **now["models"]},
        "methods": {**before.get("methods", {}), **methods},
        "metrics": {**before.get("metrics", {}), **now["metrics"]},
    }


def _digest(samples: DataSet) -> str:
    """Of the first sample, one in the middle and the last, so that other options of the data are noticed."""
    last = len(samples) - 1
    places = sorted({0, last // 2, last}) if not samples.in_order else [0]
    digest = sha256()
    for _, sample in readable(samples, lambda *_: None, places):
        digest.update(sample.name.encode())
        digest.update(np.asarray(sample.image.convert("RGB")).tobytes())
        if sample.mask is not None:
            digest.update(sample.mask.tobytes())
    return digest.hexdigest()


def _of_model(model: VisionModel) -> dict[str, Any]:
    pinned = {key: value for key, value in model_facts(model).items() if key != "id"}
    return {**pinned, "dtype": str(model.dtype), "input": list(model.processor.input_size)}
