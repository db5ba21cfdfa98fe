"""vitx models"""

from dataclasses import asdict

from vitxplain.cli.shared.console import out, print_json, print_table
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import Debug, Json, Quiet
from vitxplain.files.paths import is_folder

TRYING = "trying things without a network"
DEMOS = {"demo-detector": f"{TRYING}: an object detector", "demo-segmenter": f"{TRYING}: an image segmenter"}


@guarded
def models(json: Json = False, quiet: Quiet = False, debug: Debug = False) -> None:  # noqa: ARG001 - for the guard
    """List short names of models to start with; any classifier, detector or segmenter works."""
    from vitxplain import registry
    from vitxplain.models.known_models import ALIASES, DEFAULT, FOLDER, NAMES

    packaged = [name for name in NAMES if is_folder(FOLDER / name)]
    if json:
        for name in packaged:
            print_json(
                {"name": name, "source": name, "family": "demo", "good_for": DEMOS.get(name, TRYING), "default": False}
            )
        for name, model in ALIASES.items():
            print_json({"name": name, **asdict(model), "default": model.source == DEFAULT})
        return
    console = out()
    wide = console.width >= 140  # a Hub id that is broken over lines cannot be copied
    rows = [(name, "demo", DEMOS.get(name, TRYING), *["(in the package)"] * wide) for name in packaged]
    rows += [(name, model.family, model.good_for, *[model.source] * wide) for name, model in ALIASES.items()]
    print_table(["Name", "Kind", "Good for", *["Hub id"] * wide], rows, console)
    if not quiet:
        libraries = ", ".join(f"{name}:NAME" for name in registry.names("adapters"))
        console.print(
            "\nAny image classifier, object detector or image segmenter works as --model: a folder, a Hub id"
            f"{f', {libraries}' if libraries else ''}.\n"
            f"Without --model: {DEFAULT}.{'' if wide else '   Hub ids: vitx models --json'}",
        )
