"""Write docs/reference/cli.md from the commands' own help: `python docs/cli_reference.py`; a test compares."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from vitxplain.cli.main import app

PAGE = Path(__file__).parent / "reference" / "cli.md"
WIDTH = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
HEAD = """# Command line

Every command takes `--debug` for tracebacks and says what to do when something is wrong. This page is made from the
commands' own help.

## Exit codes

| code | meaning |
| --- | --- |
| 0 | all done |
| 1 | something failed while running; the rest is done and each failure named |
| 2 | nothing was attempted: the command cannot work as it was typed |
| 130 | Ctrl-C; what was finished is kept |
| 143 | SIGTERM, as schedulers end a job; as Ctrl-C |

What decides between 1 and 2 is whether the words or the files are wrong. Words are options, models, methods and
classes: they are checked before any image is read. Files are images and the folder of the results: an image that is
missing or damaged, or a folder that cannot be written, gives 1, be it the only one or one of a thousand. A plugin that
fails while it runs gives 1, one that cannot be loaded 2.
"""


def page() -> str:
    """The whole page."""
    commands = ["", *_names(app)]
    for group in (one.typer_instance for one in app.registered_groups):
        commands += [f"{group.info.name} {name}" for name in _names(group)]
    return "\n".join([HEAD, *(section(f"vitx {command}".strip()) for command in commands)])


def _names(commands: typer.Typer) -> list[str]:
    return [command.name or command.callback.__name__ for command in commands.registered_commands]


def section(call: str) -> str:
    """One command's help as it stands in a terminal of 100 columns."""
    result = CliRunner().invoke(app, [*call.split()[1:], "--help"], prog_name="vitx", env=WIDTH, catch_exceptions=False)
    text = "\n".join(line.rstrip() for line in result.output.strip().splitlines())
    return f"## {call}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
