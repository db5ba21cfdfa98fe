"""The contact sheet of one model: a row an image, the digit outlined, then every method's map."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from vitxplain.data.sample import Sample
from vitxplain.explanation.explanation import Explanation
from vitxplain.render.sheets.cells import Cell, Grid, Heading, MapCell
from vitxplain.render.sheets.grid_sheet import grid_sheet
from vitxplain.words import percent


def contact_sheet(
    model: str, samples: Sequence[Sample], maps: Mapping[str, Sequence[Explanation]], precisions: Mapping[str, float]
) -> Figure:
    """Images and maps; above each column its method and how well it finds the digit over all images."""
    of_none = {name for name, explanations in maps.items() if explanations[0].target is None}
    meaning = f"maps for the class it says{', those with * for no class' if of_none else ''}"
    cells: list[list[Cell]] = []
    for row, sample in enumerate(samples):
        explanations = [of_method[row] for of_method in maps.values()]
        prediction = explanations[0].prediction
        says = f"says {prediction.names[0]}, {percent(prediction.probabilities[0])}"
        photograph = MapCell(explanations[0], says, truth=sample, plain=True)
        cells.append([photograph, *(MapCell(explanation, truth=sample) for explanation in explanations)])
    names = [f"{name}{'*' if name in of_none else ''}\n{precisions[name]:.2f}" for name in maps]
    return grid_sheet(
        Grid(
            rows=[Heading(f"a {sample.facts['digit']}") for sample in samples],
            columns=[Heading("image"), *map(Heading, names)],
            cells=cells,
            headline=model,
            detail=f"number: average precision over all images · {meaning} · green: the digit",
            bar="heat (1 = each map's highest)",
        )
    )
