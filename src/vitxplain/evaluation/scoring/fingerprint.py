"""What an evaluation was asked, as far as scores depend on it: two runs share a folder only if they agree on it."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.metrics.base import Metric
from vitxplain.words import source_name


def asked_of(
    samples: DataSet, blocks: Sequence[PlannedEntry], metrics: Mapping[str, Metric], preset: str | None = None
) -> dict[str, Any]:
    """In JSON's own types."""
    return {
        "data": {
            "name": source_name(samples.name),
            "split": samples.split,
            "images": len(samples),
            "sha256": _digest(samples),
        },
        "preset": preset,
        "models": {block.name: dict(block.facts) for block in blocks if block.facts},
        "methods": {block.name: dict(block.methods) for block in blocks},
        "metrics": {name: repr(one) for name, one in metrics.items()},
    }


def first_clash(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str] | None:
    """What was otherwise, then and now, in words."""
    presets = before.get("preset"), now["preset"]
    if presets[0] != presets[1]:
        was, is_now = (f"the preset {one}" if one else "no preset" for one in presets)
        return was, is_now
    data = before["data"], now["data"]
    if data[0] != data[1]:
        told = [f"{one['images']:,} images of {one['name']} ({one['split']})" for one in data]
        return told[0], told[1] if told[0] != told[1] else "other images under the same names"
    if not before["methods"].keys() & now["methods"].keys():
        return ", ".join(before["methods"]), f"{', '.join(now['methods'])} alone, whose tables would take their place"
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
        "preset": now["preset"],
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
