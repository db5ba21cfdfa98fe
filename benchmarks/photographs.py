"""Photographs with masks for benchmarks/methods.py, from COCO: the objects that a model recognises.

    curl -LO http://images.cocodataset.org/annotations/annotations_trainval2017.zip
    unzip annotations_trainval2017.zip
    python -m benchmarks.photographs annotations/instances_train2017.json annotations/instances_val2017.json \\
        --model facebook/deit-tiny-patch16-224 --first 128 --out photographs

Of each file the first images by number are fetched from where the file says they lie. A pair is an image and an object:
the model's most probable class is the object's (`recognised.json`, by hand), and the mask is all that COCO outlines of
it. Writes images/, masks/ and index.json.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import torch
from PIL import Image, ImageDraw

from vitxplain import load_model
from vitxplain.models.vision_model import VisionModel

RECOGNISED = Path(__file__).with_name("recognised.json")  # COCO's categories, and ImageNet classes that are one of them


def main(arguments: list[str] | None = None) -> None:
    """Fetch, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", nargs="+", type=Path, help="COCO's instances_*.json")
    parser.add_argument("--model", required=True, help="a classifier of the 1,000 classes of ImageNet")
    parser.add_argument("--first", type=int, default=128, help="images of each file")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    model = load_model(options.model)
    if len(model.labels) != 1000:
        parser.error(f"{options.model} has {len(model.labels)} classes; it takes a model of the 1,000 of ImageNet.")
    for name in ("images", "masks"):
        (options.out / name).mkdir(parents=True, exist_ok=True)
    index = [
        pair
        for file in options.annotations
        for pair in pairs(model, json.loads(file.read_text()), options.first, options.out)
    ]
    (options.out / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    print(f"{len(index)} pairs of an image and an object in {options.out}")


def pairs(model: VisionModel, coco: dict[str, Any], first: int, out: Path) -> Iterator[dict[str, Any]]:
    """What index.json says of each pair, its files written."""
    names = {category["id"]: category["name"] for category in coco["categories"]}
    classes = {name: {n for low, high in spans for n in range(low, high + 1)} for name, spans in recognised().items()}
    images = sorted(coco["images"], key=lambda image: image["id"])[:first]
    outlines: dict[int, dict[str, list[list[float]]]] = {image["id"]: {} for image in images}
    for one in coco["annotations"]:
        if one["image_id"] in outlines and not one["iscrowd"]:
            outlines[one["image_id"]].setdefault(names[one["category_id"]], []).extend(one["segmentation"])
    for count, about in enumerate(images, 1):
        print(f"\r{count} images", end="", file=sys.stderr, flush=True)
        with urlopen(about["coco_url"]) as answer:
            content = answer.read()
        image = Image.open(BytesIO(content)).convert("RGB")
        with torch.inference_mode():
            probabilities = model.logits(model.processor([image])).softmax(-1)[0]
        top = int(probabilities.argmax())
        for name, polygons in outlines[about["id"]].items():
            if top not in classes.get(name, ()):
                continue
            stem = Path(about["file_name"]).stem
            files = f"images/{stem}.jpg", f"masks/{stem}.{name}.png"
            mask = Image.new("L", image.size)
            for polygon in polygons:
                ImageDraw.Draw(mask).polygon(polygon, fill=255)
            (out / files[0]).write_bytes(content)
            mask.save(out / files[1])
            probability = round(float(probabilities[top]), 3)
            yield {
                "image": files[0],
                "mask": files[1],
                "object": name,
                "imagenet_class": top,
                "probability": probability,
            }


def recognised() -> dict[str, list[tuple[int, int]]]:
    """COCO's names, and the spans of ImageNet's class numbers, first and last, that are one of these."""
    return json.loads(RECOGNISED.read_text())


if __name__ == "__main__":
    main()
