"""`python -m tests.sweeps.choose_timm`: the smallest model of every family of timm anew; takes minutes.

A family is a module of timm.models. Of each the architecture with the fewest parameters x pixels is taken, as timm
builds it by default; ties go to the name first in the alphabet, and timm's own `test_` models are left out. Nothing is
computed: modules are made on the meta device.
"""

import json
import runpy
from pathlib import Path
from typing import Any

import torch

PATH = Path(__file__).with_name("timm_models.json")


def smallest(family: str) -> dict[str, Any]:
    import timm

    names = [name for name in timm.list_models(module=family) if not name.startswith("test_")]
    found = min((measured(name) for name in names), key=lambda one: (one[0], one[1]["model"]))
    return found[1]


def measured(name: str) -> tuple[int, dict[str, Any]]:
    """Parameters x pixels, and what is written down."""
    import timm

    with torch.device("meta"):
        module = timm.create_model(name)
    parameters = sum(one.numel() for one in module.parameters())
    height, width = module.pretrained_cfg["input_size"][-2:]
    return parameters * height * width, {"model": name, "parameters": parameters, "input": [height, width]}


if __name__ == "__main__":
    runpy.run_path(str(PATH.parents[1] / "peers_site" / "sitecustomize.py"))
    import timm

    rows = {family: smallest(family) for family in timm.list_modules() if timm.list_models(module=family)}
    lines = ",\n".join(f" {json.dumps(family)}: {json.dumps(row)}" for family, row in sorted(rows.items()))
    PATH.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
