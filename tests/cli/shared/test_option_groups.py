from dataclasses import dataclass
from inspect import signature
from typing import Annotated

import typer
from typer.testing import CliRunner

from vitxplain.cli.shared.option_groups import unfolded


@dataclass(frozen=True)
class Size:
    height: Annotated[int, typer.Option("--height", "-H")]
    width: Annotated[int, typer.Option("--width")] = 7


def area(name: str, *, size: Size, unit: str = "px") -> None:
    typer.echo(f"{name}: {size.height * size.width} {unit}")


def test_a_group_becomes_an_option_for_each_of_its_fields():
    assert list(signature(unfolded(area)).parameters) == ["name", "height", "width", "unit"]
    app = typer.Typer()
    app.command()(unfolded(area))
    assert CliRunner().invoke(app, ["tile", "-H", "3"]).output == "tile: 21 px\n"
    assert CliRunner().invoke(app, ["tile", "-H", "3", "--width", "2", "--unit", "cm"]).output == "tile: 6 cm\n"
    assert CliRunner().invoke(app, ["tile"]).exit_code == 2


def test_a_command_without_groups_stays_what_it_is():
    def plain(name: str) -> None: ...

    assert unfolded(plain) is plain
