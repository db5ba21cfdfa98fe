"""What mkdocs asks of a site it has built: that every link and anchor of its own is there."""

from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig


class Page(HTMLParser):
    """The links and the anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.add(value)
            if name == "id" and value:
                self.anchors.add(value)


def on_post_build(config: "MkDocsConfig") -> None:
    """Stops the build where a page leads to a file or an anchor that the site lacks; mkdocs sees pages alone."""
    from mkdocs.exceptions import PluginError  # only here, so that the search is tested where there is no mkdocs

    dead = dead_links(Path(config.site_dir))
    if dead:
        raise PluginError("these links lead nowhere:\n" + "\n".join(dead))


def dead_links(site: Path) -> list[str]:
    """A line for each link within the site whose file or anchor is not there."""
    pages = {file: Page(file.read_text("utf-8")) for file in sorted(site.rglob("index.html"))}
    dead = []
    for file, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or parts.path.startswith("/"):
                continue
            to = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            to = to / "index.html" if to.is_dir() else to
            anchors = pages[to].anchors if to in pages else {unquote(parts.fragment)}
            if not to.exists() or (parts.fragment and unquote(parts.fragment) not in anchors):
                dead.append(f"{file.parent.relative_to(site)}: {link}")
    return dead
