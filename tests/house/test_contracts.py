"""The contracts of pyproject.toml hold: floors, the door between evaluation and training, no circle."""

import tomllib

import pytest
from importlinter.cli import lint_imports

from tests.house.modules import ROOT

PYPROJECT = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
GROUND = {"errors", "geometry", "grid", "processes", "suggest", "types"}


@pytest.mark.parametrize("contract", [contract["id"] for contract in CONTRACTS])
def test_contract_is_kept(contract: str, capsys: pytest.CaptureFixture[str]):
    failed = lint_imports(str(PYPROJECT), limit_to_contracts=(contract,), no_cache=True, no_logo=True)
    assert not failed, f"see docs/architecture.md for the floors\n{capsys.readouterr().out}"


def test_the_floors_say_what_the_page_on_architecture_promises():
    floors = [
        {name.strip(" ()") for name in layer.replace(":", "|").split("|")}
        for layer in next(contract["layers"] for contract in CONTRACTS if contract["id"] == "floors")
    ]
    floor = {name: height for height, names in enumerate(reversed(floors)) for name in names}
    assert floors[-1] == GROUND
    assert {"capture", "registry"} <= floors[-2]  # import the ground alone
    assert floor["metrics"] < floor["explainers"]
    assert floors[:2] == [{"__main__"}, {"cli"}]  # imported by nobody but the command
