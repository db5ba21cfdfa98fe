"""Pages made from data say what the data say."""

import json
import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def generator(name: str):
    return runpy.run_path(str(DOCS / f"{name}.py"))["page"]


def test_command_line_page_is_what_the_commands_say():
    page = generator("cli_reference")()
    assert "## vitx explain" in page
    assert "| [`--method`, `--methods`](#vitx-explain-method){ #vitx-explain-method } | `list[str]` | " in page
    assert (DOCS / "reference" / "cli.md").read_text("utf-8") == page, "run: python docs/cli_reference.py"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("supported_models", "supported-models.json"),
        ("checked_against_others", "checked-against-others.json"),
        ("known_wrong", "known-wrong.json"),
    ],
)
def test_page_is_what_was_found(name: str, data: str):
    found = json.loads((DOCS / data).read_text("utf-8")) if (DOCS / data).exists() else None
    page = (DOCS / f"{name.replace('_', '-')}.md").read_text("utf-8")
    assert page == generator(name)(found), f"run: python docs/{name}.py"


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("performance", ("compare", "calls", "one_image", "folders", "gpu", "evaluation")),
        ("viewer_performance", ("viewer", "recording", "opening", "hosts")),
    ],
)
def test_page_is_what_was_measured(name: str, sources: tuple[str, ...]):
    files = [DOCS / "performance" / f"{source}.json" for source in sources]
    measured = [json.loads(file.read_text("utf-8")) if file.exists() else None for file in files]
    assert measured[0] is not None
    page = (DOCS / f"{name.replace('_', '-')}.md").read_text("utf-8")
    assert page == generator(name)(*measured), f"run: python docs/{name}.py"


def test_a_row_of_supported_models():
    found = {
        "versions": {"timm": "1.0"},
        "timm": {
            "vit": {
                "input": [32, 48],
                "grid": [2, 3, 1, 0],
                "auto": "affinity-attention",
                "methods": ["affinity-attention", "grad-cam"],
            },
            "odd": {"refused": "it has no logits"},
        },
    }
    page = generator("supported_models")(found)
    assert "| `vit` | 32 × 48 | 2 × 3 + 1 | **✓** |  | ✓ |  |  |  |  |  |  |" in page
    assert "- `odd`: it has no logits" in page


def test_a_row_of_performance():
    row = {"case": "rollout", "size": 224, "batch": 1, "ms": 203.4, "ratio": 1.149, "extra_mib": 12.2}
    report = {"command": "python x", "machine": "a machine", "versions": {"torch": "2"}, "results": [row]}
    page = generator("performance")(report, None)
    assert "## 224 px, batch 1" in page
    assert "| rollout | 203 | 1.15 | 12 |" in page


def test_a_gpu_that_ran_out_of_memory_is_on_the_page():
    row = {"size": 224, "batch": 1, "call": "grad-cam", "ms": 3.21, "ratio": 1.5, "why": None}
    report = {
        "device": "a card",
        "versions": {"torch": "2"},
        "results": [row, row | {"batch": 256, "ms": None, "ratio": None, "why": "out of memory"}],
        "maps": [{"method": "grad-cam", "format": "bf16", "correlation": 0.99912, "difference": 0.02}],
        "folder": [{"method": "grad-cam", "images a second": 812.4}],
    }
    page = generator("performance")(None, None, gpu=report)
    assert "| grad-cam | 3.2 ms, 1.50 | out of memory |" in page
    assert "| grad-cam | 0.9991, 2e-02 |" in page
    assert "grad-cam 812." in page
    assert "Not measured yet" in generator("performance")(None, None)
