"""Columns: one entry of the list is a column of every table."""

from vitxplain.evaluation.report.cells import SCORE_COLUMNS
from vitxplain.evaluation.report.columns import Column, markdown_table, record, screen_columns
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.method_scores import method_scores
from vitxplain.evaluation.table.rows import Row, rows_of
from vitxplain.metrics.entropy import Entropy


def rows() -> list[Row]:
    scores = {"entropy": 0.25}
    methods = {
        "cam": [MapScores("net", "cam", str(image), scores, constant=image == 0) for image in range(6)],
        "random": [MapScores("net", "random", str(image), scores, control=True) for image in range(6)],
    }
    by_method = {name: method_scores(those)[0] for name, those in methods.items()}
    return rows_of("net", "entropy", Entropy(), by_method)


def test_a_column_is_one_entry():
    columns = (
        *SCORE_COLUMNS,
        Column(
            keys=("first_letter",),
            value=lambda row: row.method[0],
            heading="letter",
            cell=lambda row: row.method[0].upper(),
            screen_heading="letter on screen",
        ),
    )
    assert [record(columns, row)["first_letter"] for row in rows()] == ["c", "r"]
    head, _, cam, control = markdown_table(columns, rows()).splitlines()
    assert head.endswith(" | letter |")
    assert (cam[-5:], control[-5:]) == ("| C |", "| R |")
    column = screen_columns(columns)[-1]
    assert (column.screen_heading, column.screen_text(rows()[0])) == ("letter on screen", "C")


def test_optional_columns_stand_where_a_row_has_something_to_say():
    head, _, cam, control = markdown_table(SCORE_COLUMNS, rows()).splitlines()
    assert head == "| method | score | lead | beats controls | images | constant |"
    assert cam == "| cam | 0.250 [0.250, 0.250] |  |  | 6 | 1 |"
    assert control == "| *random* (control) | 0.250 [0.250, 0.250] |  |  | 6 | 0 |"


def test_an_interval_has_three_values_and_none_where_it_is_not_known():
    values = record(SCORE_COLUMNS, rows()[0])
    assert (values["score"], values["low"], values["high"]) == (0.25, 0.25, 0.25)
    assert (values["lead"], values["lead_low"], values["lead_high"]) == (None, None, None)
