"""Draw the docs' pictures of methods for objects: `python examples/objects_images.py build.py --size 416`.

The model is a detector's folder or name, or a Python file whose function `build` makes one.
"""

import argparse
import runpy
from pathlib import Path

from docs_images import ROOT, write

from vitxplain import explain, load_model

IMAGE = ROOT / "examples" / "cat.jpg"
PICTURES = {
    "cross-attention": ({"layer": 0}, {"layer": -1}, {}),
    "d-rise": ({"masks": 500},),
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
    for name, several in PICTURES.items():
        if arguments.only in (None, name):
            figures = [explain(model, IMAGE, name, **options).plot() for options in several]
            write(arguments.out / f"{name}.webp", figures)


if __name__ == "__main__":
    main()
