"""The work of `vitx evaluate`: everything scored, one data set after the other, files written; what failed named."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from vitxplain.cli.evaluate.plan import Plan
from vitxplain.cli.evaluate.report import print_evaluation
from vitxplain.cli.evaluate.summary import print_summary
from vitxplain.cli.shared.console import print_error, print_json, print_note
from vitxplain.cli.shared.guard import DONE, INTERRUPTED, SOME_FAILED
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.progress import progress
from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.report.summary import save_summary
from vitxplain.evaluation.report.write import to_json
from vitxplain.evaluation.run import evaluate, where_models_are
from vitxplain.files.write import check_writable
from vitxplain.processes import join_processes


@dataclass(frozen=True)
class Job:
    """Everything `vitx evaluate` needs to know."""

    plan: Plan
    opening: ModelOptions
    strict: bool
    batch_size: int
    overwrite: bool
    cost: bool


def run(job: Job, *, json: bool, quiet: bool) -> int:
    """Do the job; the exit code."""
    plan = job.plan
    state, device = join_processes(job.opening.device)
    leads = state.is_main_process  # of several processes one speaks and writes the files
    quiet = quiet or not leads
    check_writable(plan.folder)
    opening = replace(job.opening, device=device)
    sets = {
        name: load_data(source, plan.split, limit=plan.limit, strict=job.strict, options=plan.data_options(name))
        for name, source in plan.data.items()
    }
    for said in () if quiet else [note for samples in sets.values() for note in samples.notes]:
        print_note(f"note: {said}")
    try:
        count = sum(len(samples) * max(len(plan.models[name]), 1) for name, samples in sets.items())
        with progress("scoring", count, shown=not (quiet or json)) as advance:
            found = where_models_are(
                {name: partial(_scored, job, opening, name, samples, advance) for name, samples in sets.items()}
            )
    except KeyboardInterrupt:
        if leads:
            print_error(f"interrupted; scores so far are in {plan.folder}. The same command goes on from there.")
        return INTERRUPTED
    together = bool(plan.preset) or len(found) > 1
    if leads:
        for said in () if quiet else dict.fromkeys(said for one in found.values() for said in one.left_out):
            print_note(f"note: {said}")
        for name, one in found.items():
            _told(one, plan, name, json=json, quiet=quiet, whole=not together)
        if together:
            folders = {name: plan.folder_of(name) for name in found}
            files = save_summary(found, plan.folder, folders)
            if not (json or quiet):
                print_summary(found, files, folders)
    return SOME_FAILED if any(one.failures for one in found.values()) else DONE


def _scored(
    job: Job, opening: ModelOptions, name: str, samples: DataSet, advance: Callable[[int], object]
) -> Evaluation:
    plan = job.plan
    return evaluate(
        plan.models[name],
        samples,
        plan.methods,
        plan.metrics,
        preset=plan.preset.name if plan.preset else None,
        maps=plan.maps,
        out=plan.folder_of(name),
        options=plan.options.methods,
        metric_options=plan.options.metrics,
        validation=lambda: load_data(plan.data[name], "validation", strict=job.strict, options=plan.data_options(name)),
        load=lambda source: opening.load(str(source)),
        batch_size=job.batch_size,
        overwrite=job.overwrite,
        cost=job.cost,
        progress=advance,
    )


def _told(found: Evaluation, plan: Plan, name: str, *, json: bool, quiet: bool, whole: bool) -> None:
    """Files written, and what is said about one data set."""
    for problem in found.skipped:
        print_note(f"skipped: {problem}")
    for problem in sentences(found.failures):
        print_error(problem)
    files = found.save(plan.folder_of(name))
    if json:
        print_json({**to_json(found), "files": [str(file) for file in files]})
    elif whole and not quiet:
        print_evaluation(found, files)
