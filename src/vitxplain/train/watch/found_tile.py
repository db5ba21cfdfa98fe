"""What a detector or segmenter found in an image, as a tile of a sheet, and whether it is there."""

from vitxplain.assessment.objects.matching import OVERLAP
from vitxplain.data.sample import DataSet, Sample
from vitxplain.explanation.explanation import Explanation
from vitxplain.render.sheets.map_sheet import Tile
from vitxplain.tasks.base import Task
from vitxplain.tasks.detected import overlap
from vitxplain.tasks.detection import Detection
from vitxplain.words import percent, short_name


def learnt_labels(task: Task, data: DataSet) -> tuple[str, ...]:
    """The classes of the data that a model of this task learns."""
    if not task.finds:
        return data.labels
    return data.object_labels if isinstance(task, Detection) else data.map_labels


def found_tile(sample: Sample, explanation: Explanation) -> Tile:
    """The best object or the largest segment, with what is true outlined.

    An object is right where one of its name overlaps it by half; a segment where its class is in the image at all. The
    box that was found is drawn as well.
    """
    target = explanation.target
    if target is None:
        return Tile(explanation, "nothing found", wrong=True)
    words = f"{short_name(target.name, 20)} ({percent(target.probability)})"
    boxes = tuple(labelled.box.pixels() for labelled in sample.objects or () if not labelled.ignore)
    if target.box is not None:
        alike = [labelled for labelled in sample.objects or () if labelled.name == target.name]
        wrong = not any(overlap(target.box, labelled.box) >= OVERLAP for labelled in alike)
        return Tile(explanation, words, wrong, None, boxes, target.box)
    mask = None if sample.class_map is None else sample.class_map == target.index
    return Tile(explanation, words, mask is None or not mask.any(), mask, None)
