"""The work of `vitx evaluate`: requests carried out one after the other, files written, failures printed."""

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from vitxplain.cli.evaluate.report import print_evaluation
from vitxplain.cli.evaluate.score_lines import ScoreLines
from vitxplain.cli.evaluate.summary import print_summary
from vitxplain.cli.shared.console import print_error, print_json, print_note
from vitxplain.cli.shared.guard import DONE, SOME_FAILED
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.progress import is_worthwhile, progress_bar
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.plan.request import EvaluationRequest, ModelLike
from vitxplain.evaluation.report.summary import save_summary
from vitxplain.evaluation.report.write import to_json
from vitxplain.evaluation.run import evaluate_requests
from vitxplain.files.watch import check_there
from vitxplain.files.write import check_writable
from vitxplain.interrupts import exit_code
from vitxplain.models.vision_model import VisionModel
from vitxplain.processes import join_processes


def loader(opening: ModelOptions) -> Callable[[ModelLike], VisionModel]:
    """Opens models as the command line says, on the device of this process."""

    def load(model: ModelLike) -> VisionModel:
        _, device = join_processes(opening.device)
        return replace(opening, device=device).load(str(model))

    return load


def run(requests: Mapping[str, EvaluationRequest], folder: Path, *, json: bool, quiet: bool) -> int:
    """Carry out the requests, by the names of their data sets; the exit code."""
    state, _ = join_processes(next(iter(requests.values())).device)
    leads = state.is_main_process  # of several processes one speaks and writes the files
    quiet = quiet or not leads
    check_writable(folder)
    samples = {name: request.samples for name, request in requests.items()}
    for note in () if quiet else [note for data in samples.values() for note in data.notes]:
        print_note(f"note: {note}")
    try:
        count = sum(len(data) * max(len(requests[name].model_list), 1) for name, data in samples.items())
        shown = not (quiet or json)
        with progress_bar("scoring", shown=is_worthwhile(count, shown=shown)) as bar:
            task = bar.add_task("", total=count)
            watch = ScoreLines(bar.console) if shown else lambda _: None
            evaluations = evaluate_requests(requests, lambda done: bar.advance(task, done), watch)
    except KeyboardInterrupt as stopped:
        if leads:
            print_error(f"interrupted; scores so far are in {folder}. The same command goes on from there.")
        return exit_code(stopped)
    if leads:
        _report(evaluations, requests, folder, json=json, quiet=quiet)
    return SOME_FAILED if any(evaluation.failures for evaluation in evaluations.values()) else DONE


def _report(
    evaluations: Mapping[str, Evaluation],
    requests: Mapping[str, EvaluationRequest],
    folder: Path,
    *,
    json: bool,
    quiet: bool,
) -> None:
    """Files written and tables printed: one of all for a preset or several data sets, else all of the one."""
    command = shlex.join(["vitx", *sys.argv[1:]])
    together = len(evaluations) > 1 or any(request.preset for request in requests.values())
    left_out = [note for evaluation in evaluations.values() for note in evaluation.left_out]
    for note in () if quiet else dict.fromkeys(left_out):
        print_note(f"note: {note}")
    folders = {name: requests[name].folder or folder for name in evaluations}
    for name, evaluation in evaluations.items():
        check_there(folders[name])
        for problem in evaluation.skipped:
            print_note(f"skipped: {problem}")
        for problem in sentences(evaluation.failures):
            print_error(problem)
        files = evaluation.save(folders[name], command)
        if json:
            print_json({**to_json(evaluation), "files": [str(file) for file in files]})
        elif not (together or quiet):
            print_evaluation(evaluation, files)
    if together:
        files = save_summary(evaluations, folder, folders, command)
        if not (json or quiet):
            print_summary(evaluations, files, folders)
