"""`vitx methods METHOD`: one method with its options. It alone is imported."""

from typing import Any

from rich.text import Text

from vitxplain.cli.shared.console import out
from vitxplain.cli.shared.registered import described, foreign_package, options_of, print_example, print_options


def details(name: str) -> dict[str, Any]:
    """What a method shows, on what, and its options, as plain values; its class is loaded for them.

    Raises:
        UnknownNameError, PluginError: there is no such method, or its package is broken.
    """
    from vitxplain import registry
    from vitxplain.explainers.passes.choose import load_explainer

    method = load_explainer(name)
    name = registry.canonical("explainers", name)
    return {
        "method": name,
        "aliases": registry.aliases("explainers", name),
        **described("explainers", name),
        "axes": method.axes.removeprefix("batch "),
        "class_specific": method.class_specific,
        "options": options_of(method),
    }


def show_details(method: dict[str, Any], *, quiet: bool) -> None:
    """The same for people; with --quiet the options alone."""
    if not quiet:
        out().print(Text.assemble((method["method"], "bold"), f"{_aliases(method)}: {method['summary']}."))
        out().print(f"{_about(method)}\n")
    print_options(method["options"])
    if not quiet:
        print_example(f"vitx explain IMAGE --method {method['method']} -o ", method["options"])


def _aliases(method: dict[str, Any]) -> str:
    return f" ({', '.join(method['aliases'])})" if method["aliases"] else ""


def _about(method: dict[str, Any]) -> str:
    """Values: row × column, about a class. From good-plugin 1.0."""
    about = "about a class (--target)" if method["class_specific"] else "not about a class"
    package = foreign_package(method["packages"])
    origin = f" From {package}." if package else ""
    return f"Values: {method['axes'].replace(' ', ' × ')}, {about}.{origin}"
