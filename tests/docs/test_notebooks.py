"""The notebooks of examples/ run as they stand, and what is stored of them is of this code."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))
MOST_BYTES = 700_000  # of a stored notebook: pictures, and no viewer
# For a test the road is enough.
SHORTER = {
    "choose-with-evidence": (("limit=24", "limit=8"), ('"all"', "methods[:2]")),
    "your-own-model": (("steps=40", "steps=2"),),
}

all_notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def shown(notebook: nbformat.NotebookNode) -> list[tuple[str, bool, bool]]:
    """What each cell of code shows: its id, whether it prints, whether it draws."""
    return [
        (
            cell.id,
            any(output.output_type == "stream" for output in cell.outputs),
            any({"text/html", "image/png", "image/jpeg"} & output.get("data", {}).keys() for output in cell.outputs),
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@all_notebooks
@pytest.mark.slow
def test_it_runs_and_shows_what_is_stored(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # notebooks draw into their cells
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    stored, notebook = (nbformat.read(path, as_version=4) for _ in range(2))
    for cell in notebook.cells:
        for long, short in SHORTER.get(path.stem, ()):
            cell.source = cell.source.replace(long, short)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    assert shown(notebook) == shown(stored), f"run: python docs/notebooks.py {path.stem}"


@all_notebooks
def test_it_is_stored_small_and_has_a_page(path: Path):
    assert path.stat().st_size < MOST_BYTES
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert kinds & {"display_data", "execute_result"}, f"nothing is shown; run: python docs/notebooks.py {path.stem}"
    assert "error" not in kinds
    assert not [output.text for cell in code for output in cell.outputs if output.get("name") == "stderr"]
    assert notebook.cells[-1].source.startswith("## Try it on yours")
    assert "\n\n    " not in notebook.cells[-1].source, "commands stand in ```bash, so that the page breaks their lines"
    assert f": notebooks/{path.stem}.md\n" in (ROOT / "mkdocs.yml").read_text("utf-8")
    assert f"]({path.stem}.md)" in (ROOT / "docs" / "notebooks" / "index.md").read_text("utf-8")
