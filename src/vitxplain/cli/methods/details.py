"""`vitx methods METHOD`: one method with its options. It alone is imported."""

from dataclasses import asdict
from typing import Any

from rich.text import Text

from vitxplain.cli.shared.console import out, print_table
from vitxplain.options.describe import as_text, option_facts


def details(name: str) -> dict[str, Any]:
    """What a method shows, on what, and its options, as plain values; its class is loaded for them.

    Raises:
        UnknownNameError, PluginError: there is no such method, or its package is broken.
    """
    from vitxplain import registry
    from vitxplain.explainers.passes.choose import load_explainer

    method = load_explainer(name)
    name = registry.canonical("explainers", name)
    point = registry.names("explainers")[name]
    return {
        "method": name,
        "aliases": registry.aliases("explainers", name),
        "summary": registry.summary(point),
        "packages": [registry.package(point)],
        "axes": method.axes.removeprefix("batch "),
        "class_specific": method.class_specific,
        "options": [asdict(option) for option in option_facts(method)],
    }


def show_details(found: dict[str, Any], *, quiet: bool) -> None:
    """The same for people; with --quiet the options alone."""
    options = found["options"]
    if not quiet:
        out().print(Text.assemble((found["method"], "bold"), f"{_aliases(found)}: {found['summary']}."))
        out().print(f"{_about(found)}\n")
    if options:
        rows = [(one["name"], one["takes"], as_text(one["default"]), one["help"]) for one in options]
        print_table(["Option", "Takes", "Default", "What it does"], rows)
    if not quiet:
        example = f"\nvitx explain IMAGE --method {found['method']} -o {options[0]['name']}=VALUE" if options else ""
        out().print(example or "It has no options.")


def _aliases(found: dict[str, Any]) -> str:
    return f" ({', '.join(found['aliases'])})" if found["aliases"] else ""


def _about(found: dict[str, Any]) -> str:
    """Values: row × column, about a class. From good-plugin 1.0."""
    about = "about a class (--target)" if found["class_specific"] else "not about a class"
    (package,) = found["packages"]
    origin = "" if package.startswith("vitxplain ") else f" From {package}."
    return f"Values: {found['axes'].replace(' ', ' × ')}, {about}.{origin}"
