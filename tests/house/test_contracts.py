"""The contracts of pyproject.toml hold: floors, the door between evaluation and training, no circle."""

import tomllib

import pytest
from importlinter.cli import lint_imports

from tests.house.modules import ROOT

PYPROJECT = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
FLOORS = [
    {name.strip(" ()") for name in layer.replace(":", "|").split("|")}
    for layer in next(contract["layers"] for contract in CONTRACTS if contract["id"] == "floors")
]
GROUND = {
    "class_source", "errors", "escape", "generators", "geometry", "grid", "interrupts", "other_libraries", "processes",
    "suggest", "types",
}  # fmt: skip


@pytest.mark.parametrize("contract", [contract["id"] for contract in CONTRACTS])
def test_contract_is_kept(contract: str, capsys: pytest.CaptureFixture[str]):
    failed = lint_imports(str(PYPROJECT), limit_to_contracts=(contract,), no_cache=True, no_logo=True)
    assert not failed, f"see docs/architecture.md for the floors\n{capsys.readouterr().out}"


def test_the_floors_say_what_the_page_on_architecture_promises():
    height = {name: number for number, names in enumerate(reversed(FLOORS)) for name in names}
    assert FLOORS[-1] == GROUND
    assert FLOORS[-2] == {"foreign_code"}
    assert {"capture", "registry"} <= FLOORS[-3]  # import the ground, and what runs plugins
    assert height["metrics"] < height["explainers"]
    assert FLOORS[:2] == [{"__main__"}, {"cli"}]  # imported by nobody but the command
