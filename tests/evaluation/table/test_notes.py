"""Notes below the table."""

from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.method_scores import method_scores
from vitxplain.evaluation.table.notes import notes
from vitxplain.metrics.pointing_game import PointingGame


def test_a_mean_of_the_pointing_game_that_is_no_count_of_hits_is_explained():
    def said(*values: float) -> tuple[str, ...]:
        scores = [MapScores("m", "cam", str(n), {"pointing-game": value}) for n, value in enumerate(values)]
        control = MapScores("m", "centre", "0", {"pointing-game": 0.25}, control=True)
        return notes([], [], method_scores([*scores, control]), {"pointing-game": PointingGame()})

    assert said(*[1.0, 0.0] * 10) == ()
    (note,) = said(*[1.0, 0.5] * 10)
    assert note.startswith("pointing-game: 10 of 20 maps have several pixels that are equally high, ")
