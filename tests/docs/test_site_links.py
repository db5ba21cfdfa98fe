"""The built site is searched for links that lead nowhere."""

from importlib import util
from pathlib import Path

import pytest

HOOK = Path(__file__).resolve().parents[2] / "docs" / "site_links.py"


@pytest.fixture
def dead_links():
    spec = util.spec_from_file_location("site_links", HOOK)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.dead_links


def test_missing_files_and_anchors_are_named_and_others_are_not(tmp_path, dead_links):
    for name, text in {
        "": '<h2 id="here"></h2><a href="#here"></a><a href="other/#there"></a><a href="https://x.org/#z"></a>',
        "other": '<h2 id="there"></h2><a href="../scores.json"></a><a href="../#gone"></a><a href="#there"></a>',
    }.items():
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "index.html").write_text(text)
    assert dead_links(tmp_path) == ["other: ../#gone", "other: ../scores.json"]
