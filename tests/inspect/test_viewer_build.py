"""The viewer's sources: types, their own tests, and the committed bundle."""

import shutil
from pathlib import Path

import pytest

from tests.inspect.npm import run

INSPECT = Path(__file__).parents[2] / "src" / "vitxplain" / "inspect"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("npm") is None, reason="node and npm are not installed"),
]


def test_types_fit(sources: Path):
    run(sources, "npm", "run", "check")


def test_pure_modules_do_what_their_tests_say(sources: Path):
    run(sources, "npm", "test")


def test_committed_bundle_is_a_fresh_build(sources: Path):
    run(sources, "node", "build.mjs", "fresh.js")
    fresh, committed = (sources / "fresh.js").read_text(), (INSPECT / "static" / "viewer.js").read_text()
    assert fresh == committed, "static/viewer.js is stale: run `npm run build` in src/vitxplain/inspect/viewer"


def test_bundle_reaches_for_nothing_outside_and_runs_no_text():
    bundle = (INSPECT / "static" / "viewer.js").read_text()
    for word in ("eval(", "new Function", "importScripts", "new Worker", "innerHTML", "insertAdjacentHTML"):
        assert word not in bundle, word
    addresses = {
        part.split('"')[0].split("`")[0] for part in bundle.split("http")[1:] if part.startswith(("s://", "://"))
    }
    assert addresses == {"://www.w3.org/2000/svg"}


def test_sources_are_short():
    lengths = {path: len(path.read_text().splitlines()) for path in (INSPECT / "viewer").rglob("*.js")}
    long = {str(path): count for path, count in lengths.items() if count > 250 and "node_modules" not in path.parts}
    assert not long
