"""What `vitx train` says without a terminal, where no bar shows how far it is."""

import pytest

from vitxplain.cli.shared.pace import FIRST, Pace
from vitxplain.cli.train.report import MEASURED, TrainReport, duration
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


def test_how_long_it_takes_is_said_once_before_any_figures(capsys: pytest.CaptureFixture[str]):
    now = [0.0]
    with TrainReport(json=False, quiet=False, resume=False) as report:
        report.pace = Pace(lambda: now[0])
        for step, seconds in enumerate((3.0, 4.0, 3 + MEASURED - 0.1, 3 + MEASURED + 1, 60.0), start=11):
            now[0] = seconds
            report.stepped(step, 1014)
    assert capsys.readouterr().err == "step 14 of 1,014  about 33 min to go, without evaluations\n"
    assert [duration(seconds) for seconds in (0.2, 119, 125, 9000)] == ["1 s", "119 s", "2 min", "2.5 h"]


@pytest.mark.parametrize("options", [{"json": True, "quiet": False}, {"json": False, "quiet": True}])
def test_nothing_where_nobody_wants_it(options: dict[str, bool]):
    assert TrainReport(**options, resume=False).pace is None
