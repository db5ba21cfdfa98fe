"""Run the notebooks of examples/ again and store what they show, small: `python docs/notebooks.py [NAME...]`.

Needs the extras `test` and `browser`: where a notebook shows the viewer, a picture of it is stored, since the page
itself would be a megabyte.
"""

import re
import shutil
import sys
import tempfile
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "examples" / "notebooks"
PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")
WIDEST, VIEWER = 1000, {"width": 1180, "height": 780}


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook with all its outputs, run in a folder of its own beside the examples."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    return notebook


def shrink(notebook: nbformat.NotebookNode, browser: Browser) -> None:
    """Smaller pictures, the viewer as one, and nothing that differs from run to run."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "<iframe" in data.get("text/html", ""):
                output["data"] = {"text/html": picture_of(data["text/html"], browser)}
            elif "text/html" in data:
                output["data"] = {"text/html": PICTURE.sub(_small_address, data["text/html"])}
            elif "image/png" in data:
                kind, content = small(Image.open(BytesIO(b64decode(data["image/png"]))))
                output["data"] = {f"image/{kind}": b64encode(content).decode()}
                output["metadata"] = {}


def picture_of(frame: str, browser: Browser) -> str:
    """A picture of the viewer, as people first see it."""
    page = browser.new_page(viewport=VIEWER, color_scheme="dark")
    page.set_content(re.sub("height:[0-9]+px", "height:100vh", f'<body style="margin:0">{frame}'))
    viewer = page.frame_locator("iframe").locator("#vitxplain canvas").first
    viewer.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    kind, content = small(Image.open(BytesIO(page.screenshot())))
    page.close()
    return f'<img alt="The viewer" style="max-width:100%" src="{_address(kind, content)}">'


def small(picture: Image.Image) -> tuple[str, bytes]:
    """The kind and bytes of the smaller of two files: a JPEG, or a PNG of 256 colours."""
    picture = picture.convert("RGB")
    picture.thumbnail((WIDEST, 10 * WIDEST), Image.Resampling.LANCZOS)
    files = {}
    for kind, content, options in (
        ("jpeg", picture, {"quality": 82}),
        ("png", picture.quantize(256, dither=Image.Dither.NONE), {"optimize": True}),
    ):
        content.save(buffer := BytesIO(), kind, **options)
        files[kind] = buffer.getvalue()
    return min(files.items(), key=lambda file: len(file[1]))


def _small_address(match: re.Match[str]) -> str:
    return _address(*small(Image.open(BytesIO(b64decode(match[1])))))


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def main(names: list[str]) -> None:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for path in [FOLDER / f"{name}.ipynb" for name in names] or sorted(FOLDER.glob("*.ipynb")):
            notebook = executed(path)
            shrink(notebook, browser)
            nbformat.write(notebook, path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
