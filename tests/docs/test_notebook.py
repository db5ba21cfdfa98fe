"""The notebook runs from its first cell to its last and shows pictures."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "tour.ipynb"


def run(folder: Path) -> nbformat.NotebookNode:
    shutil.copy(NOTEBOOK, folder)
    notebook = nbformat.read(folder / NOTEBOOK.name, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return notebook


def pictures(notebook: nbformat.NotebookNode) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})]


@pytest.mark.slow
def test_notebook_runs(workplace: Path):
    shown = pictures(run(workplace))
    assert len(shown) == 3
    assert all("image/png;base64" in one for one in shown)


def test_notebook_runs_with_a_trained_model(real_workplace: Path, shared_folder: Path):
    notebook = run(real_workplace)
    first, second, _ = pictures(notebook)
    assert "espresso" in first
    assert "cup" in second


def test_notebook_is_stored_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell["id"] for cell in notebook.cells if cell.get("outputs")] == []
