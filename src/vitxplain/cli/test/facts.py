"""What `vitx test --json` says, and which images were skipped, of a test of any kind."""

from collections.abc import Sequence
from typing import Any

from vitxplain.assessment import files
from vitxplain.assessment.objects import files as object_files
from vitxplain.assessment.objects.assessment import ObjectAssessment
from vitxplain.assessment.pixels import files as pixel_files
from vitxplain.assessment.pixels.assessment import PixelAssessment


def facts_of(assessment: Any) -> dict[str, Any]:
    """What stands in test.json."""
    if isinstance(assessment, ObjectAssessment):
        return object_files.to_json(assessment)
    return pixel_files.to_json(assessment) if isinstance(assessment, PixelAssessment) else files.to_json(assessment)


def skipped_in(assessment: Any) -> Sequence[str]:
    """Why each image that could not be read was left out."""
    finds = isinstance(assessment, (ObjectAssessment, PixelAssessment))
    return assessment.skipped if finds else assessment.predictions.skipped
