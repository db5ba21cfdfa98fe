"""The work of `vitx explain`: images in batches, results written as they come, failures named and survived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from vitxplain.api import explain_together
from vitxplain.cli.explain.image_sources import Source, find
from vitxplain.cli.explain.plan import Plan
from vitxplain.cli.explain.report import Reporter
from vitxplain.cli.shared.guard import DONE, SOME_FAILED, describe
from vitxplain.data.bands import BandImage, Original
from vitxplain.data.read_bands import read_original
from vitxplain.errors import ImageError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.fit import reason, require
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import save
from vitxplain.files.watch import Watch, check_there
from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class Job:
    """Everything `vitx explain` needs to know."""

    model: VisionModel
    plan: Plan
    images: Sequence[str]  # as typed: files, folders, patterns, URLs
    target: str | None
    top_k: int
    batch_size: int


def run(job: Job, reporter: Reporter) -> int:
    """Do the job; the exit code.

    Raises:
        UnsupportedModelError: no method fits, so nothing was attempted.
        UsageError: the model has no such class, or no method can take its options with this model.
        OutputError: the folder of the results went away.
    """
    job.model.task.target(job.target, job.model.labels).check(1)
    sources = find(job.images)
    explainers = _fitting(job, sources, reporter)
    watch: Watch | None = None
    with reporter.progress(len(sources)):
        for start in range(0, len(sources), job.batch_size):
            if watch:
                watch.check()
            refused = _explain_batch(job, explainers, sources[start : start + job.batch_size], reporter)
            if refused and len(refused) == len(explainers) and not reporter.maps:
                raise next(iter(refused.values()))
            for name, error in refused.items():  # the same for every image: said once, not tried again
                about = str(error) if name in str(error) else f"{name}: {error}"
                reporter.refused([source.path for source in sources[start:]], name, about)
            explainers = {name: explainer for name, explainer in explainers.items() if name not in refused}
            if not explainers:
                break
            if watch is None and reporter.maps:
                check_there(job.plan.folder)
                watch = Watch.of(job.plan.folder)
    if watch:
        watch.check()
    reporter.summary(job.plan.folder)
    return SOME_FAILED if reporter.failures else DONE


def _fitting(job: Job, sources: Sequence[Source], reporter: Reporter) -> dict[str, Explainer]:
    """The methods that fit the model; the others are reported, or raised if none does."""
    explainers = job.plan.explainers(job.model)
    probe = job.model.probe()
    unfit = {name: why for name, explainer in explainers.items() if (why := reason(explainer, probe))}
    if len(unfit) == len(explainers):
        require(job.model, explainers.values())
    for name, why in unfit.items():
        message = f"{name} does not fit {job.model.source}: {why}."
        reporter.refused([source.path for source in sources], name, message)
    for name, message in job.plan.broken.items():
        reporter.refused([source.path for source in sources], name, message)
    about_none = [name for name, explainer in explainers.items() if name not in unfit and not explainer.class_specific]
    if job.target is not None and about_none:
        reporter.note(f"--target changes nothing about {', '.join(about_none)}: not about a class.")
    return {name: explainer for name, explainer in explainers.items() if name not in unfit}


def _explain_batch(
    job: Job, explainers: Mapping[str, Explainer], sources: Sequence[Source], reporter: Reporter
) -> dict[str, UsageError]:
    """Explain and save a few images; the methods that refuse their options with this model, with the error."""
    readable: dict[Source, Original] = {}
    for source in sources:
        try:
            if source.error:
                raise ImageError(source.error)
            readable[source] = image = read_original(source.path, job.model.processor.channels)
            if not isinstance(image, BandImage):
                setattr(image, "filename", source.path)  # noqa: B010 - where it came from, for the record
        except Exception as error:
            reporter.failed(source.path, list(explainers), error)
            reporter.done(source.path, {})
    results = _attempt(job, explainers, readable) if readable else {}
    refused: dict[str, UsageError] = {}
    for source in readable:
        files: dict[Explanation, list[Path]] = {}
        failed: dict[str, tuple[Exception, list[str]]] = {}  # what is wrong with the image is said once, not per method
        for name, outcome in results[source].items():
            try:
                if isinstance(outcome, Exception):
                    raise outcome
                if job.plan.bands is not None:
                    outcome = outcome.with_bands(job.plan.bands)
                files[outcome] = save(outcome, job.plan.folder, source.stem, job.plan.formats, job.plan.style)
            except UsageError as error:
                refused[name] = error
            except Exception as error:
                failed.setdefault(describe(error), (error, []))[1].append(name)
        for problem, names in failed.values():
            reporter.failed(source.path, names, problem)
        reporter.done(source.path, files)
    return refused


Outcomes: TypeAlias = dict[Source, dict[str, Explanation | Exception]]


def _attempt(job: Job, explainers: Mapping[str, Explainer], images: Mapping[Source, Original]) -> Outcomes:
    """Everything at once; if that fails, in parts, so that only the culprit is lost."""
    try:
        explanations = explain_together(
            job.model,
            list(images.values()),
            list(explainers.values()),
            target=job.target,
            top_k=job.top_k,
            batch_size=job.batch_size,
        )
    except Exception as error:
        by_image = len(images) > 1 and not isinstance(error, UsageError)  # a wrong option is wrong for every image
        if not by_image and len(explainers) == 1:
            return {source: dict.fromkeys(explainers, error) for source in images}
        if by_image:
            parts = [_attempt(job, explainers, {source: image}) for source, image in images.items()]
        else:
            parts = [_attempt(job, {name: explainer}, images) for name, explainer in explainers.items()]
        return {
            source: {name: outcome for part in parts for name, outcome in part.get(source, {}).items()}
            for source in images
        }
    return {source: {name: items[i] for name, items in explanations.items()} for i, source in enumerate(images)}
