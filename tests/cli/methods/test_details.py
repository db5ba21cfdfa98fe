"""vitx methods METHOD."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Vitx = Callable[..., Said]


def test_options_of_a_method(vitx: Vitx):
    said = vitx("methods", "rollout")
    assert said.code == 0
    first, values, _, header, *rows, _, how = said.out.splitlines()
    assert first.startswith("attention-rollout (rollout): How attention carries the patches")
    assert values == "Values: row × column, not about a class."
    assert header.split() == ["Option", "Takes", "Default", "What", "it", "does"]
    assert [row.split()[0] for row in rows] == [
        "head_fusion", "discard_ratio", "residual_weight", "start_layer", "query",
    ]  # fmt: skip
    first_row = " ".join(rows[0].split())
    assert first_row.startswith("head_fusion mean or max or min mean one matrix from the heads of a layer")
    assert how == "vitx explain IMAGE --method attention-rollout -o head_fusion=VALUE"


def test_options_as_json_with_native_defaults(vitx: Vitx):
    (found,) = vitx("methods", "attention", "--json").json
    assert (found["method"], found["aliases"], found["class_specific"]) == ("raw-attention", ["attention"], False)
    assert [one["name"] for one in found["options"]] == ["layer", "head", "query", "mass"]
    assert found["options"][0] | {"help": ""} == {
        "name": "layer",
        "takes": "a whole number or none",
        "default": None,
        "help": "",
    }


def test_a_method_and_a_model(vitx: Vitx, vit_folder: Path):
    said = vitx("methods", "grad-cam", "--model", vit_folder)
    assert said.code == 0
    assert next(line for line in said.out.splitlines() if line.startswith("grad-cam ")).split()[1] == "yes"
    assert "attention-rollout" not in said.out
    (found,) = vitx("methods", "grad-cam", "--model", vit_folder, "--json").json
    assert found["model"] == str(vit_folder)
    assert found["fits"]
    assert found["options"]


def test_quiet_gives_the_options_alone(vitx: Vitx):
    assert vitx("methods", "chefer", "--quiet").out.split()[:2] == ["Option", "Takes"]
    assert vitx("methods", "position-similarity", "--quiet").out == ""
    assert vitx("methods", "position-similarity").out.endswith("\n\nIt has no options.\n")


@pytest.mark.parametrize(
    ("name", "message"),
    [("rolout", "Did you mean attention-rollout"), ("raising", "'raising' of raising-plugin 1.0 cannot be loaded")],
)
def test_no_such_method_and_a_broken_one(vitx: Vitx, plugins: Path, name: str, message: str):
    said = vitx("methods", name)
    assert said.code == 2
    assert message in said.err


def test_details_of_one_plugin_import_no_other(vitx: Vitx, plugins: Path):
    (found,) = vitx("methods", "brightness", "--json").json
    assert found["packages"] == ["good-plugin 1.0"]
    assert found["options"] == [{"name": "gain", "takes": "a number", "default": 1.0, "help": ""}]
    assert "From good-plugin 1.0." in vitx("methods", "brightness").out
