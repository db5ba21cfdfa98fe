"""The fingerprint: all that scores depend on. Two runs share a folder only if their fingerprints agree."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet
from vitxplain.escape import utf8
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.metrics.base import Metric
from vitxplain.words import source_name


def fingerprint_of(
    samples: DataSet, entries: Sequence[PlannedEntry], metrics: Mapping[str, Metric], preset: str | None = None
) -> dict[str, Any]:
    """In JSON's own types."""
    truth = {entry.name: str(entry.truth) for entry in entries if entry.truth}
    return {
        "data": {
            "name": source_name(samples.name),
            "split": samples.split,
            "images": len(samples),
            "sha256": _digest(samples),
        },
        "preset": preset,
        "models": {entry.name: dict(entry.facts) for entry in entries if entry.facts},
        "methods": {entry.name: dict(entry.methods) for entry in entries},
        "metrics": {name: repr(metric) for name, metric in metrics.items()},
        **_told(truth=truth),
    }


def first_clash(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str] | None:
    """What was otherwise, then and now, in words."""
    presets = before.get("preset"), now["preset"]
    if presets[0] != presets[1]:
        was, is_now = (f"the preset {preset}" if preset else "no preset" for preset in presets)
        return was, is_now
    data = before["data"], now["data"]
    if data[0] != data[1]:
        was, is_now = (f"{facts['images']:,} images of {facts['name']} ({facts['split']})" for facts in data)
        return was, is_now if was != is_now else "other images under the same names"
    if not before["methods"].keys() & now["methods"].keys():
        return ", ".join(before["methods"]), f"{', '.join(now['methods'])} alone, whose tables would take their place"
    for name in before["models"].keys() & now["models"].keys():
        if before["models"][name] != now["models"][name]:
            return f"{name} as it was", "another model of that name, or opened with other options"
    truths = [sorted(set(fingerprint.get("truth", {}).values())) for fingerprint in (before, now)]
    if truths[0] != truths[1]:
        was, is_now = (f"maps against each {' and '.join(truth) or 'image as a whole'}" for truth in truths)
        return was, is_now
    pairs = [(before["metrics"], now["metrics"])]
    pairs += [(before["methods"][name], now["methods"][name]) for name in before["methods"].keys() & now["methods"]]
    for old, new in pairs:
        for name in sorted(old.keys() & new.keys()):
            if old[name] != new[name]:
                return old[name], new[name]
    return None


def joined(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The fingerprint of both runs together."""
    truth = {**before.get("truth", {}), **now.get("truth", {})}
    methods = {
        name: {**before.get("methods", {}).get(name, {}), **by_method} for name, by_method in now["methods"].items()
    }
    return {
        "data": now["data"],
        "preset": now["preset"],
        "models": {**before.get("models", {}), **now["models"]},
        "methods": {**before.get("methods", {}), **methods},
        "metrics": {**before.get("metrics", {}), **now["metrics"]},
        **_told(truth=truth),
    }


def _told(**facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those that say something: of classifiers there is no more to say than earlier versions did."""
    return {name: fact for name, fact in facts.items() if fact}


def _digest(samples: DataSet) -> str:
    """Of the first sample, one in the middle and the last, so that other options of the data are noticed."""
    last = len(samples) - 1
    indices = sorted({0, last // 2, last}) if not samples.in_order else [0]
    digest = sha256()
    for _, sample in readable(samples, lambda *_: None, indices):
        digest.update(utf8(sample.name))
        digest.update(np.asarray(sample.image.convert("RGB")).tobytes())
        if sample.mask is not None:
            digest.update(sample.mask.tobytes())
        if sample.class_map is not None:
            digest.update(sample.class_map.tobytes())
        for labelled in sample.objects or ():
            digest.update(utf8(f"{labelled.name} {tuple(labelled.box)}"))
    return digest.hexdigest()
