"""The work of `vitx evaluate`: models opened, everything scored, files written; what failed named."""

from dataclasses import dataclass, replace

from vitxplain.cli.console import print_error, print_json, print_note
from vitxplain.cli.evaluate_plan import Plan
from vitxplain.cli.evaluate_report import print_evaluation
from vitxplain.cli.guard import DONE, INTERRUPTED, SOME_FAILED
from vitxplain.cli.opening import Opening
from vitxplain.cli.progress import progress
from vitxplain.data.loading import load_data
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.files import to_json
from vitxplain.evaluation.processes import joined_processes
from vitxplain.evaluation.run import evaluate
from vitxplain.writing import check_writable


@dataclass(frozen=True)
class Job:
    """Everything `vitx evaluate` needs to know."""

    plan: Plan
    opening: Opening
    strict: bool
    batch_size: int
    overwrite: bool
    cost: bool


def run(job: Job, *, json: bool, quiet: bool) -> int:
    """Do the job; the exit code."""
    plan = job.plan
    state, device = joined_processes(job.opening.device)
    leads = state.is_main_process  # of several processes one speaks and writes the files
    quiet = quiet or not leads
    check_writable(plan.folder)
    samples = load_data(plan.data, plan.split, limit=plan.limit, strict=job.strict, options=plan.options.data)
    for said in () if quiet else samples.notes:
        print_note(f"note: {said}")
    models = [replace(job.opening, device=device).load(name) for name in plan.models]
    try:
        with progress("scoring", len(samples) * max(len(models), 1), shown=not (quiet or json)) as advance:
            found = evaluate(
                models,
                samples,
                plan.methods,
                plan.metrics or None,
                maps=plan.maps,
                out=plan.folder,
                options=plan.options.methods,
                metric_options=plan.options.metrics,
                batch_size=job.batch_size,
                overwrite=job.overwrite,
                cost=job.cost,
                progress=advance,
            )
    except KeyboardInterrupt:
        if leads:
            print_error(f"interrupted; scores so far are in {plan.folder}. The same command goes on from there.")
        return INTERRUPTED
    failed = bool(found.failures)
    if not leads:
        return SOME_FAILED if failed else DONE
    for problem in found.skipped:
        print_note(f"skipped: {problem}")
    for problem in sentences(found.failures):
        print_error(problem)
    for said in () if quiet else found.left_out:
        print_note(f"note: {said}")
    files = found.save(plan.folder)
    if json:
        print_json({**to_json(found), "files": [str(file) for file in files]})
    elif not quiet:
        print_evaluation(found, files)
    return SOME_FAILED if failed else DONE
