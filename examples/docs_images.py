"""Draw the pictures of the docs: `python examples/docs_images.py --model facebook/deit-tiny-patch16-224`."""

import argparse
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import torch
from digits_network import trained_network, two_digits
from matplotlib.figure import Figure
from PIL import Image

from vitxplain import compare, explain, load_data, load_model
from vitxplain.plugins import VisionModel

ROOT = Path(__file__).resolve().parents[1]
COFFEE, CAT = ROOT / "examples" / "coffee.jpg", ROOT / "examples" / "cat.jpg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="facebook/deit-tiny-patch16-224")
    parser.add_argument("--only", help="draw this picture alone")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--effort", type=int, default=6, help="how hard WebP tries to make files small, 0 to 6")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    for name, figures in pictures(load_model(arguments.model)):
        if arguments.only in (None, name):
            write(arguments.out / f"{name}.webp", list(figures), arguments.effort)


def pictures(model: VisionModel) -> Iterator[tuple[str, Iterator[Figure]]]:
    """Each picture's name, and the figures it stacks; nothing is computed before it is asked for."""

    def of(method: str, *several: dict, **options: object) -> Iterator[Figure]:
        return (explain(model, COFFEE, method, **options, **more).plot() for more in several or ({},))

    yield "affinity-attention", of("affinity-attention", {"target": "espresso"}, {"target": "cup"})
    yield "gradient-attention", of("gradient-attention", {"target": "espresso"}, {"target": "cup"})
    yield "grad-cam", of("grad-cam", {}, {"layer": "vit.layers.8.layernorm_before"}, target="espresso")
    yield "gradient-activation", of("gradient-activation", {"target": "espresso"}, {"target": "cup"})
    yield "attention-rollout", of("attention-rollout", start_layer=1)
    yield "raw-attention", of("raw-attention")
    yield "gradient-rollout", of("gradient-rollout")
    yield "head-distance", of("head-distance")
    yield "headless", heads_without_a_head(model)
    yield "patch-similarity", (explain(without_head(model), CAT, "patch-similarity", query="5,4").plot() for _ in "1")
    yield (
        "patch-pca",
        (
            explain(without_head(model), COFFEE, "patch-pca", foreground=foreground).plot()
            for foreground in (False, True)
        ),
    )
    yield "position-similarity", of("position-similarity")
    yield "cam", cams()
    yield "pictures", styles(model)
    yield "compare", (comparison(vit_and_cnn) for vit_and_cnn in (["demo-vit", "demo-cnn"],))


def cams() -> Iterator[Figure]:
    """Both classes of one image, by a small network that learned single digits."""
    network = load_model(
        trained_network(), mean=[0.0] * 3, std=[1.0] * 3, size=(64, 64), labels=[str(digit) for digit in range(10)]
    )
    image = two_digits(3, 7)
    for digit in (3, 7):
        yield explain(network, image, "cam", target=digit).plot()


def heads_without_a_head(model: VisionModel) -> Iterator[Figure]:
    """What the class token of the classifier's body alone attends to, as DINO's figures show it."""
    yield explain(without_head(model), COFFEE, "raw-attention", layer=-1, mass=0.6).plot()


def without_head(model: VisionModel) -> VisionModel:
    """The classifier's body alone."""
    return load_model(
        model.module.base_model, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], size=model.processor.input_size
    )


def styles(model: VisionModel) -> Iterator[Figure]:
    """Other pictures than the ones the axes choose."""
    espresso = explain(model, COFFEE, "grad-cam")
    yield from (espresso.plot(style) for style in ("signed", "brightness", "strip"))
    yield explain(model, COFFEE, "raw-attention", layer=-1).plot("head-masks")


def comparison(models: list[str]) -> Figure:
    """`vitx compare --data digits --limit 2 --models demo-vit,demo-cnn --controls centre` and two methods."""
    digits = load_data("digits", limit=2)
    return compare(digits, models, ["affinity-attention", "grad-cam"], controls=["centre"])


def drawn(figure: Figure) -> Image.Image:
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer).convert("RGB")


def write(path: Path, figures: list[Figure], effort: int = 6) -> None:
    """The figures, one below the other."""
    parts = [drawn(figure) for figure in figures]
    page = Image.new("RGB", (max(part.width for part in parts), sum(part.height for part in parts)), "white")
    top = 0
    for part in parts:
        page.paste(part, (0, top))
        top += part.height
    path.parent.mkdir(parents=True, exist_ok=True)
    page.save(path, quality=85, method=effort)
    print(f"{path.name}: {page.width} x {page.height}, {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
