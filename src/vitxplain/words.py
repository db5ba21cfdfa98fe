"""Words for people: short class names, percentages, models by their own names, names of files."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import unquote

from vitxplain.files.paths import is_folder, user_path

LONGEST_NAME = 36  # characters; a title must be read at a glance


def short_name(name: str, longest: int = LONGEST_NAME) -> str:
    """The first of a label's synonyms ("tench, Tinca tinca" -> "tench"), cut where it is still too long.

    Of "tabby, tabby cat ~ Egyptian cat" (why the one rather than the other) that of each.
    """
    return " ~ ".join(_first_synonym(part, longest) for part in name.split(" ~ "))


def _first_synonym(name: str, longest: int) -> str:
    first = name.split(",")[0].strip() or name
    return first if len(first) <= longest else first[: longest - 1].rstrip() + "…"


def percent(probability: float) -> str:
    """One digit after the point, and never "0%" for what is only small."""
    share = 100 * probability
    if 0 < share < 0.1:
        return "<0.1%"
    return f"{share:.0f}%" if share >= 99.95 else f"{share:.1f}%"


def shown(number: float, unit: str) -> str:
    """A probability as percent, a number in another unit ("value") with its name."""
    return percent(number) if unit == "probability" else f"{unit} {number:.4g}"


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """1 image, 2,000 images; `nouns` is the plural where it takes more than an s."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


def joined(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def source_name(source: str) -> str:
    """A source as others may read it: a folder by its own name alone, the model of a run by the run's."""
    path, exists = PurePath(source), is_folder(user_path(source))
    if not (exists or source.startswith((".", "~")) or path.is_absolute() or source.count("/") > 1):
        return source  # OWNER/NAME is a Hub id
    if exists:
        path = PurePath(os.path.abspath(user_path(source)))  # noqa: PTH100 - resolve() would follow links
    return path.parent.name if path.name == "model" and path.parent.name else path.name


def typed_source(source: str) -> str:
    """A source as others may type it: a folder as ./NAME, since NAME alone may be an id of the Hub."""
    name = source_name(source)
    return name if name == source else f"./{name}"


def file_name(source: str) -> str:
    """The last part of a path or an address, without what an address asks; empty where there is none."""
    address = source.partition("://")[2]
    path = re.split("[?#]", address)[0] if address else source
    return unquote(PurePath(path).name) if address else PurePath(path).name


def slug(name: str, *, empty: str = "folder", keep: str = ".=", strip: str = "-.") -> str:
    """A name as part of the name of a file or folder.

    Letters, digits, "_" and the signs of `keep` stay; what is between them becomes one hyphen. `strip` goes from both
    ends, and `empty` stands where nothing is left.
    """
    return re.sub(rf"[^\w{re.escape(keep)}]+", "-", name).strip(strip) or empty


def unique_stems(stems: Sequence[str]) -> list[str]:
    """The second `cat` becomes `cat-2`; also where the file system takes `Cat` for the same name."""
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    unique = []
    for stem in stems:
        name = stem
        while name.casefold() in taken:
            counts[stem.casefold()] += 1
            name = f"{stem}-{counts[stem.casefold()] + 1}"
        taken.add(name.casefold())
        unique.append(name)
    return unique
