"""Draw the docs' pictures of objects and segments: `python examples/objects_images.py build.py --size 416`.

The model is a folder or name, or a Python file whose function `build` makes one. A segmenter draws
`--only gallery-segmenter`, a detector the others.
"""

import argparse
import runpy
from pathlib import Path

from docs_images import ROOT, write

from vitxplain import explain, load_model

IMAGES = ROOT / "examples"
# Name -> image, method, and the options of each of its figures.
PICTURES: dict[str, tuple[str, str, list[dict]]] = {
    "cross-attention": ("cat.jpg", "cross-attention", [{"layer": 0}, {"layer": -1}, {}]),
    "sampling-points": ("cat.jpg", "sampling-points", [{}]),
    "d-rise": ("cat.jpg", "d-rise", [{"masks": 500}]),
    "gradient-cross-attention": ("cat.jpg", "gradient-cross-attention", [{}]),
    "gallery-detector": ("coffee.jpg", "auto", [{"target": "object:0"}, {"target": "object:1"}]),
    "gallery-segmenter": ("cat.jpg", "auto", [{}]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--size", type=int)
    parser.add_argument("--only", help="draw this picture alone")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    arguments = parser.parse_args()
    if arguments.model.endswith(".py"):
        module = runpy.run_path(arguments.model)["build"]()
        model = load_model(module, mean=0.0, std=1.0, size=arguments.size)
    else:
        model = load_model(arguments.model)
    for name, (image, method, several) in PICTURES.items():
        if arguments.only in (None, name):
            figures = [explain(model, IMAGES / image, method, **options).plot() for options in several]
            write(arguments.out / f"{name}.webp", figures)


if __name__ == "__main__":
    main()
