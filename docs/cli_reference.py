"""Write docs/reference/cli.md from the commands' own help: `python docs/cli_reference.py`; a test compares."""

from pathlib import Path

from typer.testing import CliRunner

from vitxplain.cli.main import app

PAGE = Path(__file__).parent / "reference" / "cli.md"
WIDTH = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
HEAD = """# Command line

Every command takes `--debug` for tracebacks and says what to do when something is wrong. This page is made from the
commands' own help.
"""


def page() -> str:
    """The whole page."""
    commands = ["", *(command.name or command.callback.__name__ for command in app.registered_commands)]
    return "\n".join([HEAD, *(section(f"vitx {command}".strip()) for command in commands)])


def section(call: str) -> str:
    """One command's help as it stands in a terminal of 100 columns."""
    result = CliRunner().invoke(app, [*call.split()[1:], "--help"], prog_name="vitx", env=WIDTH, catch_exceptions=False)
    text = "\n".join(line.rstrip() for line in result.output.strip().splitlines())
    return f"## {call}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
