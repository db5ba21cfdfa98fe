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


def test_calls_measured_alike_share_a_command():
    commands = runpy.run_path(str(DOCS / "performance" / "calls.py"))["_commands"]
    made = commands({(224, 1): 7, (224, 8): 7, (512, 1): 7, (512, 8): 7, (768, 1): 2})
    assert [command.removeprefix("python benchmarks/calls.py ") for command in made] == [
        "--sizes 224,512 --batches 1,8 --rounds 7 --out docs/performance",
        "--sizes 768 --batches 1 --rounds 2 --out docs/performance",
    ]


def test_each_folder_has_a_table_and_a_command():
    row = {"method": "grad-cam", "images a second": 8.04, "of plain": 0.914, "least": 0.9, "most": 0.93, "once": 1.24}
    row |= {"of plain's processor time": 0.92, "once a model": 0.41, "peak MB": 830.2}
    alone = row | {"least": 0.914, "most": 0.914}
    report = {
        "machine": "a machine",
        "versions": {"torch": "2"},
        "memory": None,
        "runs": {
            "made": {"images": 1000, "sizes": 300, "rounds": 1, "results": [alone]},
            "photographs": {"images": 58, "sizes": 20, "rounds": 5, "results": [row]},
        },
    }
    page = generator("performance")(None, None, folders=report)
    assert "### 1,000 photographs of 300 sizes" in page
    assert "| grad-cam | 8.0 | 0.91 | 0.92 | 1.2 | 0.4 | 830 |" in page
    assert "| grad-cam | 8.0 | 0.91 (0.90 to 0.93) | 0.92 |" in page
    assert "folders.py --images 1000 --sizes 300 --out docs/performance" in page
    assert "folders.py --folder photographs --rounds 5 --out docs/performance" in page


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
