"""The work of `vitx explain`: images in batches, results written as they come, failures named and survived."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from vitxplain.cli.explain.clips import animate
from vitxplain.cli.explain.joint_methods import over_sources
from vitxplain.cli.explain.plan import Job, Plan
from vitxplain.cli.explain.report import Reporter
from vitxplain.cli.explain.sheets import save_sheets
from vitxplain.cli.shared.guard import DONE, SOME_FAILED
from vitxplain.cli.shared.meanwhile import imported_meanwhile
from vitxplain.data.bands import BandImage, Original
from vitxplain.data.read_bands import read_original
from vitxplain.errors import ImageError, UsageError, describe
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.fit import probe_for, reason, require
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import PICTURES, save, save_file
from vitxplain.explanation.tables import Row, csv_of_rows, row_of
from vitxplain.files.paths import is_file, real_path, user_path
from vitxplain.files.watch import Watch, check_there
from vitxplain.files.write import write_together
from vitxplain.models.offers import CLASSES
from vitxplain.scale.attempt import attempt, is_of_all_images
from vitxplain.scale.image_sources import Source, find
from vitxplain.scale.wanted import Wanted, targets
from vitxplain.tasks.classification import Classification

DRAWING: Final = ("matplotlib.figure", "matplotlib.backends.backend_agg")  # what every picture needs


def run(job: Job, reporter: Reporter) -> int:
    """Do the job; the exit code.

    Raises:
        UnsupportedModelError: no method fits, so nothing was attempted.
        UsageError: the model has no such class, or no method can take its options with this model.
        OutputError: the folder of the results went away.
    """
    wanted = targets(job.model, job.typed, job.top_k)
    sources = find(job.images)
    explainers = over_sources(job.model, _fitting(job, sources, reporter), sources, job.batch_size)
    if job.plan.file is not None and not job.plan.is_table:
        _check_single(job.plan.file, len(sources) * len(explainers) * max(1, len(wanted)))
    if job.plan.file is not None:
        _check_other(job.plan.file, sources)
    watch: Watch | None = None
    rows: list[Row] = []
    with reporter.progress(len(sources)):
        for start in range(0, len(sources), job.batch_size):
            if watch:
                watch.check()
            refused = _explain_batch(job, wanted, explainers, sources[start : start + job.batch_size], reporter, rows)
            if refused and len(refused) == len(explainers) and not reporter.maps:
                raise next(iter(refused.values()))
            for name, error in refused.items():  # the same for every image: said once, not tried again
                about = str(error) if name in str(error) else f"{name}: {error}"
                reporter.refused([source.path for source in sources[start:]], name, about)
            explainers = {name: explainer for name, explainer in explainers.items() if name not in refused}
            if not explainers:
                break
            if watch is None and reporter.maps and not job.plan.is_table:
                check_there(job.plan.folder)
                watch = Watch.of(job.plan.folder)
    if watch:
        watch.check()
    if job.plan.table is not None and rows:
        reporter.table(write_together({job.plan.table: csv_of_rows(rows)})[0])
    reporter.summary(job.plan.folder)
    if isinstance(job.model.task, Classification):
        reporter.next_step(sources[0].path, job.model.source)
    return SOME_FAILED if reporter.failures else DONE


def _fitting(job: Job, sources: Sequence[Source], reporter: Reporter) -> dict[str, Explainer]:
    """The methods that fit the model; the others are reported, or raised if none does."""
    with imported_meanwhile(*(DRAWING if set(PICTURES) & set(job.plan.formats) else ())):
        explainers = job.plan.explainers(job.model)
        probe = probe_for(job.model, explainers.values())
    unfit = {name: why for name, explainer in explainers.items() if (why := reason(explainer, probe))}
    if len(unfit) == len(explainers):
        require(job.model, explainers.values())
    for name, why in unfit.items():
        message = f"{name} does not fit {job.model.source}: {why}."
        reporter.refused([source.path for source in sources], name, message)
    for name, message in job.plan.broken.items():
        reporter.refused([source.path for source in sources], name, message)
    about_none = [name for name, explainer in explainers.items() if name not in unfit and not explainer.class_specific]
    if job.typed and about_none and CLASSES in probe.offers:
        what = "what was found" if job.model.task.finds else "a class"
        reporter.note(f"--target changes nothing about {', '.join(about_none)}: not about {what}.")
    return {name: explainer for name, explainer in explainers.items() if name not in unfit}


def _explain_batch(
    job: Job,
    wanted: Sequence[Wanted],
    explainers: Mapping[str, Explainer],
    sources: Sequence[Source],
    reporter: Reporter,
    rows: list[Row],
) -> dict[str, UsageError]:
    """Explain and save a few images; the methods that refuse their options with this model, with the error.

    `rows` grow by those of the table, where one is asked for.
    """
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
    results = attempt(job.model, explainers, readable, wanted, job.options) if readable else {}
    if job.plan.file is not None and not job.plan.is_table:
        for by_method in results.values():
            _check_single(job.plan.file, sum(map(len, by_method.values())))
    refused: dict[str, UsageError] = {}
    for source in readable:
        files: dict[Explanation, list[Path]] = {}
        failed: dict[str, tuple[Exception, list[str]]] = {}  # what is wrong with the image is said once, not per method
        for name, outcomes in results[source].items():
            for outcome in outcomes:
                try:
                    if isinstance(outcome, Exception):
                        raise outcome
                    explanation, label = outcome
                    if job.plan.bands is not None:
                        explanation = explanation.with_bands(job.plan.bands)
                    files[explanation] = _save(explanation, job.plan, source.stem, label)
                    if job.plan.table is not None:
                        rows.append(row_of(explanation))
                except Exception as error:
                    if is_of_all_images(error, job.model):
                        refused[name] = error
                    else:
                        failed.setdefault(describe(error), (error, []))[1].append(name)
        for name, problem in animate(job, source, explainers, wanted, files, reporter.note).items():
            failed.setdefault(describe(problem), (problem, []))[1].append(name)
        for problem, names in failed.values():
            reporter.failed(source.path, names, problem)
        reporter.done(source.path, files, save_sheets(files, job.plan, source.stem, job.typed))
    return refused


def _save(explanation: Explanation, plan: Plan, stem: str, label: str) -> list[Path]:
    if not plan.files:  # but a table, or an animation
        return []
    if plan.file is not None:
        return [save_file(explanation, plan.file, plan.style, plan.look)]
    return save(explanation, plan.folder, stem, plan.files, plan.style, label, plan.look)


def _check_other(file: Path, sources: Sequence[Source]) -> None:
    """Raises:
    UsageError: the file is an image that is explained, which would be lost.
    """
    written = real_path(file)
    for source in sources if is_file(file) else ():
        if written == real_path(user_path(source.path)):
            raise UsageError(f"--out {file} is {source.path} itself, the image to explain; give another file.")


def _check_single(file: Path, results: int) -> None:
    """Raises:
    UsageError: a file was named for more than one result.
    """
    if results > 1:
        raise UsageError(f"--out {file} names one file, and {results} results come; give a folder.")
