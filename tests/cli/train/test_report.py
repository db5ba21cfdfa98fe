"""What `vitx train` says without a terminal, where no bar shows how far it is."""

import pytest

from vitxplain.cli.shared.pace import FIRST, LONGEST, Pace, duration
from vitxplain.cli.train.report import MEASURED, TrainReport
from vitxplain.train.records.metrics_file import Row


def _row(step: int) -> Row:
    return Row(step / 10, step, "train", 1.5 / step, {"accuracy": 0.25}, 0.001, 1.0)


def test_a_line_now_and_then(capsys: pytest.CaptureFixture[str]):
    now = [0.0]
    with TrainReport(json=False, quiet=False, resume=False) as report:
        report.pace = Pace(lambda: now[0])
        for step, seconds in enumerate((1.0, FIRST, FIRST + 1, 3 * FIRST), start=1):
            now[0] = seconds
            report.trained(_row(step), 1000)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "epoch 0.2  step 2 of 1,000  training: loss 0.7500, accuracy 25.00%",
        "epoch 0.4  step 4 of 1,000  training: loss 0.3750, accuracy 25.00%",
    ]


def test_how_long_it_takes_is_said_before_any_figures(capsys: pytest.CaptureFixture[str]):
    now = [0.0]
    with TrainReport(json=False, quiet=False, resume=False) as report:
        report.pace = Pace(lambda: now[0])
        for step, seconds in enumerate((3.0, 4.0, 3 + MEASURED - 0.1, 3 + MEASURED + 1, 20.0), start=11):
            now[0] = seconds
            report.stepped(step, 1014)
    assert capsys.readouterr().err == "step 14 of 1,014  about 33 min to go, without evaluations\n"
    assert [duration(seconds) for seconds in (0.2, 119, 125, 9000)] == ["1 s", "119 s", "2 min", "2.5 h"]


def test_after_the_last_step_nothing_is_left_to_go(capsys: pytest.CaptureFixture[str]):
    now = [0.0]
    with TrainReport(json=False, quiet=False, resume=False) as report:
        report.pace = Pace(lambda: now[0])
        for step in (1, 2):
            now[0] += 2 * MEASURED
            report.stepped(step, 2)
    assert "to go" not in capsys.readouterr().err


def test_slow_steps_without_figures_say_how_far_it_is(capsys: pytest.CaptureFixture[str]):
    now = [0.0]
    with TrainReport(json=False, quiet=False, resume=False) as report:
        report.pace = Pace(lambda: now[0])
        for step in range(1, 33):  # of 11 s each
            now[0] += 11.0
            report.stepped(step, 32)
            if step == 20:
                now[0] += 500.0
                report.evaluated(Row(1.0, 20, "validation", 0.5, {"accuracy": 0.25}, None, 1.0), best=False)
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "go" in line] == [
        "step 2 of 32  about 6 min to go, without evaluations",
        "step 5 of 32  about 5 min to go, without evaluations",
        "step 8 of 32  about 4 min to go, without evaluations",
        "step 12 of 32  about 4 min to go, without evaluations",
        "step 18 of 32  about 3 min to go, without evaluations",
    ]
    assert lines[-1] == "epoch 1  step 20  validation: loss 0.5000, accuracy 25.00%"


def test_words_come_every_five_minutes_at_least():
    now = [0.0]
    pace = Pace(lambda: now[0])
    now[0] = 36_000.0
    pace.said()
    now[0] += LONGEST - 1
    assert not pace.is_due()
    now[0] += 1
    assert not pace.is_due(late=2)
    assert pace.is_due()


@pytest.mark.parametrize("options", [{"json": True, "quiet": False}, {"json": False, "quiet": True}])
def test_nothing_where_nobody_wants_it(options: dict[str, bool]):
    assert TrainReport(**options, resume=False).pace is None
