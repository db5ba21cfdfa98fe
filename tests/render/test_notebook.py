"""What notebooks show."""

from base64 import b64decode

from tests.explanations import explanation
from vitxplain.tasks.base import Prediction


def test_html_has_the_picture_inline_and_the_facts():
    html = explanation()._repr_html_()
    start = html.index("base64,") + len("base64,")
    assert b64decode(html[start : html.index('"', start)]).startswith(b"\x89PNG")
    for fact in (
        "grad-cam",
        "relu=False",
        "some/model",
        "tench, Tinca tinca (0), 75.0%",
        "cup 12.5%",
        "row 3 × column 5",
    ):
        assert fact in html


def test_names_from_a_model_are_escaped():
    html = explanation(prediction=Prediction(("<script>alert(1)</script>",), (0,), (0.5,)))._repr_html_()
    assert "<script>" not in html
