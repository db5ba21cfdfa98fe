"""What the first page says of other libraries stands where it links to."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
LINK = re.compile(r"\[([^]]+)\]\(([\w./-]+\.md)(?:#([\w-]+))?\)")
NUMBER = re.compile(r"\d[\d.,]*\d|\d")


def rows() -> list[list[str]]:
    """The comparison: what is compared, then a cell a library."""
    table = (DOCS / "index.md").read_text("utf-8").split('<div class="beside-others" markdown>')[1].split("</div>")[0]
    lines = [line.strip("|\n ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines[2:] if not line[0].startswith("**")]


def slug(heading: str) -> str:
    """The anchor that mkdocs makes of a heading."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def section(page: str, anchor: str | None) -> str:
    """The page, or what stands beneath the heading of that anchor, with the headings below it."""
    text = (DOCS / page).read_text("utf-8")
    if anchor is None:
        return text
    headings = list(re.finditer(r"^(#+) (.+)$", text, re.MULTILINE))
    (heading,) = (found for found in headings if slug(found[2]) == anchor)
    after = [
        found.start() for found in headings if found.start() > heading.start() and len(found[1]) <= len(heading[1])
    ]
    return text[heading.start() : after[0] if after else None]


def test_every_entry_links_to_what_shows_it():
    assert len(rows()) > 12
    for name, *cells in rows():
        assert len(cells) == 5, name
        assert all(cell == "–" or LINK.fullmatch(cell) for cell in cells), name


def test_every_figure_stands_where_it_links_to():
    links = [match for _, *cells in rows() for cell in cells if (match := LINK.fullmatch(cell))]
    assert sum(bool(NUMBER.search(text[1])) for text in links) > 15
    for said, page, anchor in (link.groups() for link in links):
        shown = set(NUMBER.findall(section(page, anchor)))
        assert set(NUMBER.findall(said)) <= shown, f"{said} is not on {page}#{anchor}: mend docs/index.md"


def test_versions_are_those_that_were_compared():
    text = (DOCS / "index.md").read_text("utf-8").replace("\n", " ")
    pages = " ".join(
        (DOCS / page).read_text("utf-8") for page in ("how-to/coming-from.md", "checked-against-others.md")
    )
    for library in ("pytorch-grad-cam", "captum", "torch-cam", "Quantus"):
        (version,) = re.findall(rf"{library} (\d+\.\d+\.\d+)", text)
        assert f"{library} {version}" in pages, library
