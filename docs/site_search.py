"""What the search of the site finds beside pages and headings: each row of a table that has an address of its own."""

from html import escape
from html.parser import HTMLParser
from typing import Any

HEADINGS = ("h2", "h3", "h4")
# Who types --target looks for the option before the decision page with "Targets" in its title.
BOOST = 4


class Rows(HTMLParser):
    """The rows of a page's tables whose first cell has an address, as entries of the search."""

    def __init__(self, html: str, url: str) -> None:
        super().__init__()
        self.entries: list[dict[str, Any]] = []
        self._url = url
        self._heading: list[str] = []
        self._cells: list[list[str]] = []
        self._address = ""
        self._text: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in HEADINGS:
            self._heading = self._text = []
        elif tag == "tr":
            self._cells, self._address, self._text = [], "", None
        elif tag == "td":
            self._text = []
            self._cells.append(self._text)
        elif tag == "a" and names.get("class") == "headerlink":
            self._text = None
        if names.get("id") and len(self._cells) == 1 and self._text is self._cells[0]:
            self._address = names["id"] or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in HEADINGS:
            self._text = None
        elif tag == "tr" and self._address:
            first, *rest = (escape(" ".join("".join(cell).split()), quote=False) for cell in self._cells)
            title = " ".join(["".join(self._heading).strip(), first]).strip()
            location, text = f"{self._url}#{self._address}", " · ".join(filter(None, rest))
            self.entries.append({"location": location, "title": title, "text": text, "boost": BOOST})

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


def on_page_context(_: object, page: Any, config: Any, **__: object) -> None:
    """Adds the rows of a page to the index that the search plugin writes at the end."""
    config.plugins["material/search"].search_index.entries.extend(Rows(page.content, page.url).entries)
