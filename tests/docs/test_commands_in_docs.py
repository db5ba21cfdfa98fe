"""What README and docs tell people to type exists, and the README's program runs."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from vitxplain.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def unfolded(block: str) -> list[str]:
    """Its lines, those that go on below as one."""
    return block.replace("\\\n", " ").splitlines()


def commands() -> list[tuple[str, str]]:
    """Every `vitx ...` of a bash block with the page it stands on, without pipes, comments and what comes before."""
    lines = [(page.name, line) for page in PAGES for block in blocks(page, "bash") for line in unfolded(block)]
    found = [(page, re.search(r"(?:^|[/ ])vitx ((?:'[^']*'|[^|#'])+)", line)) for page, line in lines]
    return [(page, match[1].strip()) for page, match in found if match]


@pytest.mark.parametrize(("page", "arguments"), commands())
def test_command_is_understood(page: str, arguments: str):
    command, *rest = shlex.split(arguments)
    get_command(app).commands[command].make_context(command, rest)


def test_there_are_commands_in_the_docs():
    assert {page for page, _ in commands()} >= {"README.md", "getting-started.md", "attention-rollout.md"}


def test_every_picture_of_the_gallery_has_its_command_above_it():
    *parts, _ = re.split(r"!\[[^]]*\]\(images/[\w-]+\.webp\)", (ROOT / "docs" / "gallery.md").read_text("utf-8"))
    assert len(parts) > 12
    assert [part for part in parts if "```bash\nvitx " not in part] == []


def test_program_of_the_readme_runs(workplace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(workplace)
    (program,) = blocks(ROOT / "README.md", "python")
    names: dict = {}
    exec(compile(program, "README.md", "exec"), names)
    assert names["explanation"].method == "attention-rollout"
    assert (workplace / "vitx-out" / "coffee.attention-rollout.png").exists()


def test_test_command_of_the_readme_is_the_one_that_continuous_integration_runs():
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.search(r"<!-- test command -->\n```bash\npython3 -m venv .*/pytest", text)
    assert "<!-- test command -->" in (ROOT / ".ci" / "run").read_text("utf-8")
