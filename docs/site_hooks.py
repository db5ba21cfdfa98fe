"""What mkdocs makes while it builds the site: formulas, a page of each notebook, the viewer of a small recording."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

# What Markdown makes of a block ```math and of $`x`$ in a line, as GitHub knows them too.
BLOCK = re.compile(r'(<div class="formula">)(.*?)(</div>)', re.DOTALL)
# An option in a line of text: `-o` must not end one line with its hyphen and begin the next with its letter.
CODE = re.compile(r"(?<!<pre>)(?<!<span></span>)<code>([^<]+)</code>")
OPTION = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)")
# A formula in a line, with the mark behind it, which must not begin the next line.
INLINE = re.compile(r"\$<code>([^<]+)</code>\$([.,;:)]*)")
# A path, an address or the name of a test is long enough to go on in the next line: behind a slash, two colons or _.
LONG = re.compile(r"[^\s<>]{25,}")
SEAM = re.compile(r"(/|::|_)(?=\w)")
# Blocks whose lines go on in the next, see stylesheet.css; of their HTML only what is no tag.
WRAPPED = re.compile(r'<div class="(?:language-bash|language-text wrap) .*?</div>', re.DOTALL)
TEXT = re.compile(r">[^<]+")
# A picture that is no link leads to its file: on a telephone its letters are read there.
PICTURE = re.compile(r'(<a [^>]*>)?<img [^>]*src="([^":]+\.webp)"[^>]*>')
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PHOTOGRAPHS = ("cat.jpg", "coffee.jpg")
VIEWER = "viewer.html"
WHERE = "This page is `examples/notebooks/{name}` of the repository, as it last ran; continuous integration runs it.\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site, with those that are made here."""
    for path in sorted((EXAMPLES / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text("utf-8"))
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=page(notebook, path.name)))
    files.append(File.generated(config, VIEWER, content=viewer()))
    return files


def on_page_content(html: str, **_: object) -> str:
    """The page with its formulas as MathML, which browsers draw without a script, and code broken where it may be."""
    html = BLOCK.sub(lambda block: block[1] + _formula(block[2], "block") + block[3], html)
    html = INLINE.sub(lambda code: f'<span class="formula-in-line">{_formula(code[1], "inline")}{code[2]}</span>', html)
    html = CODE.sub(lambda code: f"<code>{_breakable(code[1])}</code>", html)
    html = WRAPPED.sub(lambda block: TEXT.sub(lambda text: OPTION.sub(_option, text[0]), block[0]), html)
    return PICTURE.sub(lambda one: one[0] if one[1] else f'<a href="{one[2]}">{one[0]}</a>', html)


def _breakable(code: str) -> str:
    """Code of a line of text: long words may break at their seams, options never."""
    code = LONG.sub(lambda word: SEAM.sub(r"\1<wbr>", word[0]), code)
    return OPTION.sub(_option, code)


def _option(name: re.Match[str]) -> str:
    return f'<span class="option">{name[1]}</span>'


def _formula(latex: str, display: str) -> str:
    """MathML; the converter itself passes on what it does not know."""
    mathml = convert(unescape(latex).strip(), display=display)
    try:
        unknown = [text for text in ElementTree.fromstring(mathml).itertext() if "\\" in text]
    except ElementTree.ParseError as error:
        unknown = [str(error)]
    if unknown:
        raise PluginError(f"this is no formula that latex2mathml knows: {latex.strip()} ({', '.join(unknown)})")
    return mathml


def page(notebook: Mapping[str, Any], name: str) -> str:
    """A notebook as Markdown: its text, its code, and what it showed when it was stored."""
    title, *parts = (part for cell in notebook["cells"] for part in _cell(cell))
    return "\n\n".join([title, WHERE.format(name=name), *parts])


def _cell(cell: Mapping[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    text = "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")
    if text:
        yield f"```text\n{text.rstrip()}\n```"
    for output in cell["outputs"]:
        yield from _shown(output.get("data", {}))


def _shown(data: Mapping[str, Any]) -> Iterator[str]:
    """What a cell shows, as HTML in one line, which Markdown leaves alone."""
    html = "".join(data.get("text/html", ()))
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            html = f'<img alt="What the cell draws" src="data:{kind};base64,{"".join(data[kind]).strip()}">'
    if html:
        yield f'<div class="notebook-output">{"".join(html.splitlines())}</div>'


@cache
def viewer() -> str:
    """The viewer as one HTML file: a model in the box on photographs, digits and scenes. Made once, also by `serve`."""
    from vitxplain import load_data, load_model
    from vitxplain.inspect import record, records
    from vitxplain.inspect.page import page as viewer_page

    with TemporaryDirectory() as folder:
        encoder = load_model("demo-vit", device="cpu", task="image-feature-extraction", image_size=(72, 108))
        record(encoder, f"{folder}/cat and cup", [EXAMPLES / name for name in PHOTOGRAPHS], methods=["rollout"])
        digits = [sample.image for sample in load_data("digits", limit=37)][36:]
        methods = ["affinity-attention", "gradient-attention"]
        record(load_model("demo-vit", device="cpu"), f"{folder}/digits", digits, methods=methods, names=["a six"])
        scenes = [sample.image for sample in load_data("scenes", limit=2)]
        detector = load_model("demo-detector", device="cpu")
        record(detector, f"{folder}/scenes", scenes, methods=["gradient-activation"], names=["a scene", "another"])
        return viewer_page(records(folder), title="The viewer of vitxplain")
