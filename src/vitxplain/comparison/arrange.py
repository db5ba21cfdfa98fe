"""Which of the four sides are rows and which columns; and the grid of a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Final, NamedTuple

from vitxplain.comparison.comparison import IMAGES, METHODS, MODELS, SIDES, TARGETS, Comparison, Place, reason, truths
from vitxplain.comparison.entries import Entry
from vitxplain.data.sample import Sample
from vitxplain.errors import UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.target_words import name_and_score
from vitxplain.render.paper.width import inches_of
from vitxplain.render.sheets.cells import Cell, Grid, Heading, MapCell, WordCell
from vitxplain.render.sheets.grid_width import check_room
from vitxplain.render.sheets.list_grid import model_says, target_caption
from vitxplain.words import counted

PREFERRED: Final = (METHODS, TARGETS, MODELS, IMAGES)  # as columns, where several sides vary
Placement = tuple[tuple[str, ...], tuple[str, ...]]  # sides in rows, and in columns


class Frame(NamedTuple):
    """Of what a grid has rows and columns; photographs are the first row or the first column."""

    down: tuple[str, ...]  # sides
    across: tuple[str, ...]
    row_places: list[tuple[int, ...]]  # of each side in `down` the number of its entry
    column_places: list[tuple[int, ...]]
    row_names: list[Heading]
    column_names: list[Heading]


def placement(counts: Mapping[str, int], rows: Sequence[str] | None = None) -> Placement:
    """The sides that vary, those in rows and those in columns.

    One alone is in columns, images in rows. Of two methods are columns, else targets; the third and the fourth make
    groups: of rows, then of columns.

    Raises:
        UsageError: `rows` names no side.
    """
    free = [side for side in SIDES if counts[side] > 1]
    if rows is not None:
        if unknown := [side for side in rows if side not in SIDES]:
            raise UsageError(f"rows takes some of {', '.join(SIDES)}, and not {unknown[0]!r}.")
        return tuple(s for s in rows if s in free), tuple(s for s in SIDES if s in free and s not in rows)
    if free == [IMAGES]:
        return (IMAGES,), ()
    columns = sorted(free, key=PREFERRED.index)[: 2 if len(free) == len(SIDES) else 1]
    return tuple(s for s in free if s not in columns), tuple(s for s in (TARGETS, *SIDES) if s in columns)[
        : len(columns)
    ]


def check_layout(
    entries: Mapping[str, Sequence[Entry]], rows: Sequence[str] | None = None, width: float | str | None = None
) -> None:
    """Say before the work what would be a mistake after it.

    Raises:
        UsageError: `rows` names no side.
        OptionError: no such width, or so many columns that their letters have no room in it.
    """
    frame = _frame(entries, rows)
    if width is not None:
        check_room(frame.row_names, frame.column_names, inches_of(width))


def grid_of(
    comparison: Comparison, *, rows: Sequence[str] | None = None, shared_scale: bool = False, title: str | None = None
) -> Grid:
    """The cells in rows and columns, with the photographs beside or above them."""
    comparison = _with_auto_named(comparison)
    entries = comparison.entries
    counts = {side: len(entries[side]) for side in SIDES}
    down, across, row_places, column_places, row_names, column_names = _frame(entries, rows)
    limits = comparison.limits() if shared_scale else {}
    samples = truths(comparison)
    same = _same_target(comparison)
    says = IMAGES not in across and MODELS not in across  # beside each row stands what its model says of its image

    def place_of(row: Sequence[int], column: Sequence[int]) -> Place:
        at = {**dict.fromkeys(SIDES, 0), **dict(zip(down, row, strict=True)), **dict(zip(across, column, strict=True))}
        return at[IMAGES], at[MODELS], at[METHODS], at[TARGETS]

    def cell(position: Place) -> Cell:
        outcome = comparison.outcomes[position]
        if isinstance(outcome, Exception):
            return WordCell(reason(outcome))
        repeated = same or (says and _photograph_says(outcome))
        caption = _caption(outcome, entries[METHODS][position[2]], said=repeated)
        return MapCell(outcome, caption, limits.get(position), samples[position[0]])

    cells = [[cell(place_of(row, column)) for column in column_places] for row in row_places]
    if IMAGES in across:
        photographs = [
            _photograph(comparison, {IMAGES: _at(across, column, IMAGES)}, samples) for column in column_places
        ]
        cells.insert(0, photographs)
    else:
        before: dict[str, int] = {}
        for row, position in enumerate(row_places):
            at = {side: _at(down, position, side) for side in (IMAGES, MODELS) if side in down or counts[side] == 1}
            cells[row].insert(0, _photograph(comparison, at, samples) if at != before else None)
            before = at
    headline, detail = _words(comparison, title)
    bar = "heat (1 = the highest of its method)" if shared_scale else "heat (1 = each map's highest)"
    return Grid(row_names, column_names, cells, headline, detail, bar)


def _frame(entries: Mapping[str, Sequence[Entry]], rows: Sequence[str] | None) -> Frame:
    """Raises as `placement`."""
    counts = {side: len(entries[side]) for side in SIDES}
    down, across = placement(counts, rows)
    row_places = list(product(*(range(counts[side]) for side in down)))
    column_places = list(product(*(range(counts[side]) for side in across)))
    row_names = [_heading(entries, down, position) for position in row_places]
    column_names = [_heading(entries, across, position) for position in column_places]
    (row_names if IMAGES in across else column_names).insert(0, Heading("image"))
    return Frame(down, across, row_places, column_places, row_names, column_names)


def _with_auto_named(comparison: Comparison) -> Comparison:
    """`auto` by the name of the method it stands for, where that is the same everywhere."""
    methods = list(comparison.entries[METHODS])
    for number, entry in enumerate(methods):
        outcomes = [made for (_, _, k, _), made in comparison.outcomes.items() if k == number]
        names = {made.method for made in outcomes if isinstance(made, Explanation)}
        if entry.label == "auto" and len(names) == 1:
            methods[number] = replace(entry, label=f"{names.pop()} (auto)")
    return replace(comparison, entries={**comparison.entries, METHODS: methods})


def _at(sides: Sequence[str], position: Sequence[int], side: str) -> int:
    return position[sides.index(side)] if side in sides else 0


def _heading(entries: Mapping[str, Sequence[Entry]], sides: Sequence[str], position: Sequence[int]) -> Heading:
    labels = [entries[side][number].label or "its own choice" for side, number in zip(sides, position, strict=True)]
    if len(labels) < 2:
        return Heading("".join(labels))
    return Heading(" · ".join(labels[1:]), labels[0])


def _photograph(comparison: Comparison, at: Mapping[str, int], samples: Sequence[Sample | None]) -> Cell:
    """The image, with what its model says where that is one."""
    image, model = at.get(IMAGES, 0), at.get(MODELS)
    of_image = {position: made for position, made in comparison.outcomes.items() if position[0] == image}
    shown_ones = {position: made for position, made in of_image.items() if isinstance(made, Explanation)}
    if not shown_ones:
        return WordCell(reason(next(made for made in of_image.values() if isinstance(made, Exception))))
    controls = {k for k, method in enumerate(comparison.entries[METHODS]) if method.control}
    of_model = [made for (_, m, k, _), made in shown_ones.items() if m == model and k not in controls]
    if of_model:
        return MapCell(of_model[0], model_says(of_model[0]), None, samples[image], plain=True)
    bare = replace(next(iter(shown_ones.values())), detections=(), target=None)
    return MapCell(bare, "", None, samples[image], plain=True)


def _caption(made: Explanation, method: Entry, *, said: bool) -> str:
    """Target and score, unless they are `said` elsewhere, and the method that `auto` stood for."""
    if method.control:
        return "knows nothing of the model"
    name = f"{made.method}: " if method.label == "auto" else ""
    if said and made.target is not None:
        return name.removesuffix(": ")
    return f"{name}{target_caption(made)}"


def _photograph_says(made: Explanation) -> bool:
    """Whether the map is about the class that stands below its photograph, with the same score."""
    return made.target is not None and model_says(made) == f"says {target_caption(made)}"


def _counts(entries: Mapping[str, Sequence[Entry]]) -> list[str]:
    """How many of each side, where there are several; controls and random weights are no methods and models."""
    counts = {side[:-1]: sum(not (entry.control or entry.random) for entry in entries[side]) for side in SIDES}
    varied = [word for word, side in zip(counts, SIDES, strict=True) if len(entries[side]) > 1]
    controls = sum(map(len, entries.values())) - sum(counts.values())
    return [*(counted(counts[word], word) for word in varied), *([counted(controls, "control")] if controls else [])]


def _same_target(comparison: Comparison) -> bool:
    """Whether every map is about one class with one score, which the headline says."""
    made = [one.target for one in comparison.outcomes.values() if isinstance(one, Explanation) and one.target]
    return len({(target.name, target.label, target.probability) for target in made}) == 1


def _words(comparison: Comparison, title: str | None) -> tuple[str, str]:
    """The two lines above the grid: what is the same in all cells, and what maps are about; of an empty title none."""
    if title == "":
        return "", ""
    entries = comparison.entries
    made = [one for one in comparison.outcomes.values() if isinstance(one, Explanation)]
    single = {side: entries[side][0].label for side in SIDES if len(entries[side]) == 1}
    targets = [one.target for one in made if one.target]
    headline = single.get(IMAGES, "")
    if targets and _same_target(comparison):
        what = name_and_score(targets[0])
        headline = f"{what}   ({headline})" if headline else what
    elif single.get(TARGETS):
        headline = f"{single[TARGETS]}   ({headline})" if headline else single[TARGETS]
    if not headline:
        headline = ", ".join(_counts(entries))
    method = single.get(METHODS, "")
    outlined = any(sample is not None for sample in truths(comparison))
    finds = any(one.detections for one in made)
    own = "" if single.get(TARGETS, "?") or not targets else f"for {'the best object' if finds else 'the top class'}"
    parts = [single.get(MODELS, ""), method, own, "green: the known object" if outlined else ""]
    return title or headline, " · ".join(part for part in parts if part) or "one map a cell"
