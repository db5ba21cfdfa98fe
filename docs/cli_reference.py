"""Write docs/reference/cli.md from the commands' own help: `python docs/cli_reference.py`; a test compares."""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from typer.main import get_command

from vitxplain.cli.main import app

PAGE = Path(__file__).parent / "reference" / "cli.md"
HEAD = """# Command line

Every command takes `--help`, and `--debug` for tracebacks, and says what to do when something is wrong. This page is
made from the commands' own help. An option has an address of its own: `#vitx-explain-method`.

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
    return "\n".join([HEAD, *sections("vitx", get_command(app))])


def sections(call: str, command: Any) -> Iterator[str]:
    """A command, then those below it."""
    context = command.make_context(call, [], resilient_parsing=True)
    below = getattr(command, "commands", {})
    usage = " ".join([call, *command.collect_usage_pieces(context)])
    yield f"## {call}\n\n```text\n{usage}\n```\n\n{prose(command.help or '')}\n"
    if below:
        rows = [f"| [`{name}`](#{slug(f'{call} {name}')}) | {first(one.help)} |" for name, one in below.items()]
        yield "\n".join(["| command | what it does |", "| --- | --- |", *rows, ""])
    shown = [parameter for parameter in command.params if not parameter.hidden]
    for panel, parameters in groupby(sorted(shown, key=lambda one: order(one, shown)), panel_of):
        yield f"**{panel}**\n"
        rows = [row(call, parameter, context) for parameter in parameters]
        yield "\n".join(["| name | takes | meaning |", "| --- | --- | --- |", *rows, ""])
    for name, one in below.items():
        yield from sections(f"{call} {name}", one)


def panel_of(parameter: Any) -> str:
    return parameter.rich_help_panel or ("Arguments" if parameter.param_type_name == "argument" else "Options")


def order(parameter: Any, shown: list[Any]) -> int:
    """Arguments, options, then the other panels as they first come."""
    panels = list(dict.fromkeys(["Arguments", "Options", *map(panel_of, shown)]))
    return panels.index(panel_of(parameter))


def row(call: str, parameter: Any, context: Any) -> str:
    """A parameter, with an address; what it takes; what it means, and what it is by itself."""
    words, text = parameter.get_help_record(context)
    if panel_of(parameter) == "Arguments":
        names, takes = [words.split()[0]], words.partition(" ")[2]
    else:
        names = [*parameter.opts, *parameter.secondary_opts]
        takes = re.sub(r"^(?:-[\w-]+(?:, | / | |$))+", "", words)
    address = slug(f"{call} {next((name for name in names if name.startswith('--')), names[0])}")
    kinds = ", ".join(
        f"`{kind.removesuffix(' range')}`" for kind in takes.removesuffix(">").removeprefix("<").split("|") if kind
    )
    if "=" in takes and "|" in takes:  # of a value, and none between kinds of values
        kinds = f"<code>{takes.replace('|', '&#124;')}</code>"
    meaning, default = re.fullmatch(r"(.*?)(?:  \[(.+)\])?", text, re.DOTALL).groups()
    spelled = f"[`{'`, `'.join(names)}`](#{address}){{ #{address} }}"
    return f"| {spelled} | {kinds} | {prose(meaning)}{f' *{prose(default)}*' if default else ''} |"


def first(text: str) -> str:
    """The first paragraph, in one line."""
    return prose(" ".join(text.split("\n\n")[0].split()))


def prose(text: str) -> str:
    """Text in which Markdown sees no marks but code."""
    parts = text.split("`")
    # A tilde is a mark on GitHub alone, and its backslash would be seen on the site.
    marks = {"<": "&lt;", "~": "&#126;"}
    parts[::2] = [
        re.sub(r"[<~]", lambda mark: marks[mark[0]], re.sub(r"([\\*_\[\]#|{}])", r"\\\1", part)) for part in parts[::2]
    ]
    return "`".join(parts)


def slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
