"""The contact sheet of one model: a row an image, its digit beside it, then every method's map."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from vitxplain.data.sample import Sample
from vitxplain.explanation.explanation import Explanation
from vitxplain.render.colours import INK
from vitxplain.render.compose import blend, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import panel, sheet, write
from vitxplain.words import percent

SIDE, GAP, HEAD, CAPTION = 1.35, 0.1, 0.42, 0.2  # inches


def contact_sheet(
    model: str, samples: Sequence[Sample], maps: Mapping[str, Sequence[Explanation]], precisions: Mapping[str, float]
) -> Figure:
    """Images, known digits and maps; above each column its method and how well it finds the digit over all images."""
    of_none = {name for name, explanations in maps.items() if explanations[0].target is None}
    meaning = f"maps for the class it says{', those with * for no class' if of_none else ''}"
    columns, pitch = 2 + len(maps), (SIDE + GAP, SIDE + CAPTION)
    figure = sheet(
        columns * pitch[0] - GAP,
        HEAD + len(samples) * pitch[1],
        model,
        f"number: average precision over all images · {meaning}",
    )

    def show(row: int, column: int, picture: np.ndarray, title: str = "") -> None:
        axes = panel(figure, column * pitch[0], HEAD + row * pitch[1], SIDE, SIDE, title if row == 0 else "")
        axes.imshow(picture, aspect="auto", interpolation="nearest")

    for row, sample in enumerate(samples):
        small = [displayed(explanations[row]) for explanations in maps.values()]
        prediction = small[0].prediction
        show(row, 0, photo(sample.image), "image")
        says = f"{sample.facts['digit']}: says {prediction.names[0]}, {percent(prediction.probabilities[0])}"
        label = panel(figure, 0, HEAD + row * pitch[1] + SIDE, SIDE, CAPTION)
        write(label, 0, 0.35, says, fontsize=7.5, color=INK)
        show(row, 1, np.repeat(sample.object_mask()[..., None], 3, 2).astype(float), "the digit")
        for column, (name, explanation) in enumerate(zip(maps, small, strict=True), 2):
            title = f"{name}{'*' if name in of_none else ''}\n{precisions[name]:.2f}"
            show(row, column, blend(photo(explanation.image), explanation.heatmap(), 0.6), title)
    return figure
