"""The lowest versions pyproject.toml allows, as a list for pip: `python .ci/lowest_versions.py > FILE`.

What the package needs has exactly the version of its floor, and so has what the tests share with another extra: those
are libraries that users bring. Of what only the tests use, the version is that of constraints.txt: how old
pytest may be matters to nobody.
"""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    tests = extras.pop("test")
    shared = {line for lines in extras.values() for line in lines}
    pinned = pins()
    for line in sorted(project["dependencies"] + tests):
        name, floor = line.split(">=")
        tool = line in tests and line not in shared
        print(f"{name}=={pinned[name] if tool else floor}")


def pins() -> dict[str, str]:
    """Of constraints.txt, by names as pyproject.toml spells them."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.lower().replace("_", "-").split("==") for line in lines if not line.startswith("#"))


if __name__ == "__main__":
    main()
