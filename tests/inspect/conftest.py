"""The viewer's sources with their tools."""

import shutil
from pathlib import Path

import pytest

from tests.inspect.npm import run

VIEWER = Path(__file__).parents[2] / "src" / "vitxplain" / "inspect" / "viewer"
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")  # npm's words


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources with their tools, beside the checkout, which stays as it is."""
    if shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("viewer") / "viewer"
    shutil.copytree(VIEWER, folder, ignore=shutil.ignore_patterns("node_modules"))
    try:
        run(folder, "npm", "ci", "--no-audit", "--no-fund")
    except AssertionError as failure:
        if any(code in str(failure) for code in UNREACHABLE):
            pytest.skip("the npm registry cannot be reached")
        raise
    return folder
