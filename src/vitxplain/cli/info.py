"""vitx info"""

from typing import TYPE_CHECKING, Any

from vitxplain.cli.shared.console import no, print_error, print_json, print_table, yes
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import Debug, Json, Quiet
from vitxplain.options.extras import install_command

if TYPE_CHECKING:
    from rich.text import Text

LIBRARIES = ("torch", "transformers", "accelerate", "captum", "timm", "torchvision", "numpy", "pillow", "matplotlib")


@guarded
def info(json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:  # noqa: ARG001 - for the guard
    """Show versions, devices and plugins; what is broken, with its cause. Paste this into bug reports."""
    facts: dict[str, Any] = {"versions": _versions(), "devices": _devices(), "plugins": _plugins()}
    if json:
        print_json(facts)
        return
    if quiet:
        for plugin in facts["plugins"]:
            if plugin["error"]:
                print_error(plugin["error"])
        return
    print_table(["Version", ""], [(name, number or "not installed") for name, number in facts["versions"].items()])
    print_table(["\nDevice", ""], [(device["name"], device["about"]) for device in facts["devices"]])
    plugins = [(row["name"], row["kind"], row["package"], _state(row, facts["versions"])) for row in facts["plugins"]]
    print_table(["\nPlugin", "\nKind", "\nPackage", "\nState"], plugins)


def _state(plugin: dict[str, Any], versions: dict[str, str | None]) -> "Text":
    if plugin["error"]:
        return no(f"broken: {plugin['error']}")
    if plugin["kind"] == "adapter" and versions.get(plugin["name"], "") is None:
        return no(f"works once {plugin['name']} is there: {install_command(plugin['name'])}")
    return yes("works")


def _versions() -> dict[str, str | None]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    versions: dict[str, str | None] = {"vitxplain": version("vitxplain"), "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return {**versions, "system": platform.platform()}


def _devices() -> list[dict[str, str]]:
    import torch

    from vitxplain.models.loading.devices import available_devices, free_memory

    def about(name: str) -> str:
        device = torch.device(name)
        product = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
        return f"{product}, {free_memory(device) / 2**30:.1f} GiB free"

    return [{"name": name, "about": about(name)} for name in available_devices()]


def _plugins() -> list[dict[str, Any]]:
    """Every registered name, loaded for real; one that breaks takes no other with it."""
    from vitxplain import registry
    from vitxplain.errors import PluginError
    from vitxplain.explainers.passes.choose import load_explainer

    plugins = []
    for kind in ("explainers", "adapters", "metrics"):
        for name, points in registry.offered(kind).items():
            try:
                load_explainer(name) if kind == "explainers" else registry.load(kind, name)
                error = None
            except PluginError as broken:
                error = str(broken)
            packages = " and ".join(registry.package(point) for point in points)
            plugins.append({"name": name, "kind": registry.NOUNS[kind], "package": packages, "error": error})
    return plugins
