"""Average precision by pycocotools, the evaluation of COCO itself (Lin et al. 2014, arXiv 1405.0312)."""

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from vitxplain.assessment.objects.boxes import DetectedBoxes, TrueBoxes
from vitxplain.options.extras import check_installed

FIGURES: Final = "average precision"


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """Shares in [0, 1], one a class in arrays; NaN of a class without objects, which no mean counts.

    `ap` is the mean over overlaps (IoU) of 0.5, 0.55, ... 0.95, `ap50` that at 0.5.
    """

    ap: Float[np.ndarray, " label"]
    ap50: Float[np.ndarray, " label"]
    objects: Int[np.ndarray, " label"]  # that count

    @property
    def map(self) -> float:
        return _mean(self.ap)

    @property
    def map50(self) -> float:
        return _mean(self.ap50)


def average_precision(
    detected: Sequence[DetectedBoxes], true: Sequence[TrueBoxes], classes: Sequence[int]
) -> AveragePrecision:
    """The average precision of each class, of as many `detected` as `true` images; an entry a class of `classes`.

    Raises:
        UsageError: pycocotools is not installed.
    """
    check_installed(FIGURES, "pycocotools")
    with redirect_stdout(StringIO()):  # it tells how long each step takes
        from pycocotools.cocoeval import COCOeval

        evaluation = COCOeval(
            _data_set(true, classes, _true_entry), _data_set(detected, classes, _detected_entry), "bbox"
        )
        evaluation.evaluate()
        evaluation.accumulate()
    order = [sorted(classes).index(index) for index in classes]  # the library has them sorted
    precision = evaluation.eval["precision"][:, :, order, 0, -1]  # overlap, recall, class; all areas, most objects
    counted = [sum(int(((boxes[:, 4] == index) & (boxes[:, 5] == 0)).sum()) for boxes in true) for index in classes]
    return AveragePrecision(
        np.array([_mean(of_class[of_class > -1]) for of_class in precision.transpose(2, 0, 1)]),
        np.array([_mean(of_class[of_class > -1]) for of_class in precision[0].T]),
        np.array(counted, np.int64),
    )


def _data_set(images: Sequence[np.ndarray], classes: Sequence[int], entry: Any) -> Any:
    """What pycocotools reads from files, made in memory; images and objects count from 1."""
    from pycocotools.coco import COCO

    boxes = [(image, box) for image, rows in enumerate(images, start=1) for box in rows.tolist()]
    content = COCO()
    content.dataset = {
        "images": [{"id": number} for number in range(1, len(images) + 1)],
        "categories": [{"id": index, "name": str(index)} for index in classes],
        "annotations": [
            {"id": number, "image_id": image, **_place(box), **entry(box)}
            for number, (image, box) in enumerate(boxes, start=1)
        ],
    }
    content.createIndex()
    return content


def _place(box: Sequence[float]) -> Mapping[str, Any]:
    left, top, right, bottom = box[:4]
    width, height = right - left, bottom - top
    return {"bbox": [left, top, width, height], "area": width * height}


def _true_entry(box: Sequence[float]) -> Mapping[str, Any]:
    return {"category_id": int(box[4]), "iscrowd": int(box[5])}


def _detected_entry(box: Sequence[float]) -> Mapping[str, Any]:
    return {"category_id": int(box[5]), "score": box[4]}


def _mean(values: np.ndarray) -> float:
    """The mean of what is defined; NaN where nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")
