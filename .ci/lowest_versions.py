"""The lowest versions pyproject.toml allows, as a list for pip: `python .ci/lowest_versions.py > FILE`.

Libraries that the package needs or can use have exactly the version of their floor, the tests' own tools that of
constraints.txt. The tools of tests/house are left out: they read the source alone, and want a newer rich.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS_OF_OTHERS = {"test", "peers", "crosschecks", "engines", "browser", "docs", "dev", "all"}
HOUSE_TOOLS = {"grimp", "import-linter"}


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    tested = floors(extras["test"])
    usable = floors(line for extra in extras.keys() - EXTRAS_OF_OTHERS for line in extras[extra])
    lowest = {name: tested[name] for name in tested.keys() & usable.keys()} | floors(project["dependencies"])
    tools = {name: version for name, version in pins().items() if name in tested.keys() - lowest.keys() - HOUSE_TOOLS}
    for name, version in sorted((lowest | tools).items()):
        print(f"{name}=={version}")


def floors(requirements: Iterable[str]) -> dict[str, str]:
    """What stands behind `>=`, by name; ValueError where a requirement has no floor."""
    return dict(sorted(requirement.split(">=", 1) for requirement in requirements))


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    named = (line.split("==") for line in lines if not line.startswith("#"))
    return {name.lower().replace("_", "-"): version for name, version in named}


if __name__ == "__main__":
    main()
