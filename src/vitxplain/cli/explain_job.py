"""The work of `vitx explain`: images in batches, results written as they come, failures named and survived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from vitxplain.api import explain_together
from vitxplain.cli.explain_plan import Plan
from vitxplain.cli.guard import DONE, SOME_FAILED, describe
from vitxplain.cli.image_sources import Source, find
from vitxplain.data.images import read_image
from vitxplain.errors import ImageError
from vitxplain.explainers.base import Explainer
from vitxplain.explanation import Explanation
from vitxplain.fit import reason, require
from vitxplain.models.vision_model import VisionModel
from vitxplain.results import targets_of
from vitxplain.storage import save

if TYPE_CHECKING:
    from vitxplain.cli.reporter import Reporter


@dataclass(frozen=True, eq=False)
class Job:
    """Everything `vitx explain` needs to know."""

    model: VisionModel
    plan: Plan
    images: Sequence[str]  # as typed: files, folders, patterns, URLs
    target: str | None
    top_k: int
    batch_size: int


def run(job: Job, reporter: "Reporter") -> int:
    """Do the job; the exit code.

    Raises:
        UnsupportedModelError: no method fits, so nothing was attempted.
        TargetError: the model has no such class.
    """
    targets_of(job.target, job.model, 1)
    asked = job.plan.explainers(job.model)
    probe = job.model.probe()
    unfit = {name: why for name, explainer in asked.items() if (why := reason(explainer, probe))}
    fit = {name: explainer for name, explainer in asked.items() if name not in unfit}
    if not fit:
        require(job.model, asked)
    sources = find(job.images)
    with reporter.progress(len(sources)):
        for name, why in unfit.items():
            reporter.unfit([source.path for source in sources], name, f"{name} does not fit {job.model.source}: {why}.")
        for start in range(0, len(sources), job.batch_size):
            _explain_batch(job, fit, sources[start : start + job.batch_size], reporter)
    reporter.summary(job.plan.folder)
    return SOME_FAILED if reporter.failures else DONE


def _explain_batch(job: Job, explainers: Mapping[str, Explainer], sources: Sequence[Source], reporter: "Reporter") -> None:
    readable: dict[Source, Image.Image] = {}
    for source in sources:
        try:
            if source.error:
                raise ImageError(source.error)
            readable[source] = read_image(source.path)
            readable[source].filename = source.path  # type: ignore[attr-defined] - provenance wants to know
        except Exception as error:
            reporter.failed(source.path, list(explainers), error)
    results = _attempt(job, explainers, readable) if readable else {}
    for source in readable:
        made, files = [], []
        for name in explainers:
            outcome = results[source][name]
            try:
                if isinstance(outcome, Exception):
                    raise outcome
                files.append(save(outcome, job.plan.folder, source.stem, job.plan.formats))
                made.append(outcome)
            except Exception as error:
                reporter.failed(source.path, [name], error)
        reporter.done(source.path, made, files)


Outcomes = dict[Source, dict[str, Explanation | Exception]]


def _attempt(job: Job, explainers: Mapping[str, Explainer], images: Mapping[Source, Image.Image]) -> Outcomes:
    """Everything at once; if that fails, image by image, then method by method, so that only the culprit is lost."""
    try:
        found = explain_together(
            job.model,
            list(images.values()),
            list(explainers.values()),
            target=job.target,
            top_k=job.top_k,
            batch_size=job.batch_size,
        )
        return {source: {name: found[name][i] for name in explainers} for i, source in enumerate(images)}  # type: ignore[index]
    except Exception as error:
        if len(images) > 1:
            parts = [_attempt(job, explainers, {source: image}) for source, image in images.items()]
            return {source: outcome for part in parts for source, outcome in part.items()}
        (source,) = images
        if len(explainers) > 1:
            single = [_attempt(job, {name: explainer}, images)[source] for name, explainer in explainers.items()]
            return {source: {name: outcome for part in single for name, outcome in part.items()}}
        return {source: dict.fromkeys(explainers, error)}
