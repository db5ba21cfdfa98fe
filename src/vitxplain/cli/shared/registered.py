"""Tables of what is registered, methods or metrics, and of the options of one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from vitxplain.cli.shared.console import out, print_table


def registered(kind: Any) -> list[dict[str, Any]]:
    """Name, summary and packages of everything of a kind; nothing is imported."""
    from vitxplain import registry

    return [described(kind, name) for name in registry.offered(kind)]


def described(kind: Any, name: str) -> dict[str, Any]:
    """Name, summary and packages of one of them, by its canonical name."""
    from vitxplain import registry

    points = registry.offered(kind)[name]
    return {
        registry.NOUNS[kind]: name,
        "summary": registry.summary(points[0]),
        "packages": [registry.package(point) for point in points],
    }


def foreign_package(packages: Sequence[str]) -> str:
    """The package of a plugin; nothing for what is built in."""
    if len(packages) > 1:
        return f"{' and '.join(packages)}: uninstall one of them"
    return "" if packages[0].startswith("vitxplain ") else packages[0]


def text_and_paper(summary: str) -> tuple[str, str]:
    """A summary without the paper in brackets at its end, and that paper; empty where none is named."""
    cited = re.fullmatch(r"(.*) \(([^()]*\b\d{4}\b[^()]*)\)", summary)
    return (cited[1], cited[2]) if cited else (summary, "")


def options_of(cls: type) -> list[dict[str, Any]]:
    """The options of a class as plain values."""
    from vitxplain.options.describe import option_facts

    return [asdict(option) for option in option_facts(cls)]


def print_options(options: Sequence[Mapping[str, Any]]) -> None:
    """A line an option; nothing where there is none."""
    from vitxplain.options.describe import as_text

    rows = [(option["name"], option["takes"], as_text(option["default"]), option["help"]) for option in options]
    if rows:
        print_table(["Option", "Takes", "Default", "What it does"], rows)


def print_example(command: str, options: Sequence[Mapping[str, Any]]) -> None:
    """How the first option is typed, or that there is none."""
    out().print(f"\n{command}{options[0]['name']}=VALUE" if options else "It has no options.")
