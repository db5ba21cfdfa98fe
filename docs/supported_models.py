"""Write docs/supported-models.md from what the sweeps found: `python docs/supported_models.py`; a test compares.

docs/supported-models.json: {"versions": {library: version}, "transformers" | "timm" | "torchvision": {model: facts}},
facts as `tests/sweeps/checks.py` makes them, or {"refused": reason}; "transformers detectors" and the like are tables
of other tasks, with the facts of `tests/sweeps/task_trials.py`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
METHODS = {
    "affinity-attention": "affinity attention",
    "gradient-attention": "gradient attention",
    "grad-cam": "Grad-CAM",
    "gradient-activation": "gradient activation",
    "cross-attention": "cross-attention",
    "gradient-cross-attention": "gradient cross-attention",
    "sampling-points": "sampling points",
    "d-rise": "D-RISE",
    "attention-rollout": "rollout",
    "raw-attention": "raw attention",
    "gradient-rollout": "gradient rollout",
    "cam": "CAM",
    "head-distance": "head distance",
    "position-similarity": "position similarity",
    "patch-similarity": "patch similarity",
    "patch-pca": "patch PCA",
}
COLUMNS = ("model", "input", "grid")
FAMILIES = {"detectors": "Object detectors", "segmenters": "Segmenters", "encoders": "Encoders without a head"}
INTRO = """---
hide: [toc]
---

# Supported models

Every row was tried by the tests, with nothing but the name: the map of each ticked method is finite, not constant, and
row i of a batch equals image i alone; two objects or segments of one image have maps of their own, by the methods that
are about one of them. **Bold** marks what `auto` takes. Models are small and random, so this table is
about *whether* maps come, not about how good they are. Your own `nn.Module` works the same way:
[how](how-to/own-model.md). `vitx methods --model M` makes this row for any model.
"""
FILTERED = f"""<div class="filtered" data-from="{len(COLUMNS)}" markdown>

{{}}
</div>
"""


def page(found: Mapping[str, Any] | None) -> str:
    """The whole page."""
    if found is None:
        return INTRO
    parts = []
    for library in ("transformers", "timm", "torchvision"):
        if library in found:
            parts.append(f"## {library} {found['versions'][library]}\n\n{section(found[library])}")
        parts += [
            f"### {title}, {library}\n\n{section(found[key])}"
            for family, title in FAMILIES.items()
            if (key := f"{library} {family}") in found
        ]
    return "\n".join([INTRO, FILTERED.format("\n".join(parts))])


def section(models: Mapping[str, Mapping[str, Any]]) -> str:
    """One library: a table of what works, and a list of what is refused and why."""
    working = {name: facts for name, facts in models.items() if "refused" not in facts}
    head = [*COLUMNS, *METHODS.values()]
    rows = [
        head,
        ["---"] * len(COLUMNS) + [":-:"] * len(METHODS),
        *(row(name, facts) for name, facts in sorted(working.items())),
    ]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    refused = [f"- `{name}`: {facts['refused']}" for name, facts in sorted(models.items()) if "refused" in facts]
    return "\n".join([table, "", *(["Refused, with the reason given:", "", *refused, ""] if refused else [])])


def row(name: str, facts: Mapping[str, Any]) -> list[str]:
    marks = ["" if m not in facts["methods"] else "**✓**" if m == facts["auto"] else "✓" for m in METHODS]
    return [f"`{name}`", " × ".join(map(str, facts["input"])), grid(facts["grid"]), *marks]


def grid(counts: list[int] | None) -> str:
    """Rows x columns, and the tokens before and after the patches."""
    if counts is None:
        return ""
    rows, columns, prefix, suffix = counts
    return f"{rows} × {columns}" + (f" + {prefix + suffix}" if prefix + suffix else "")


if __name__ == "__main__":
    data = HERE / "supported-models.json"
    found = json.loads(data.read_text("utf-8")) if data.exists() else None
    (HERE / "supported-models.md").write_text(page(found), encoding="utf-8")
