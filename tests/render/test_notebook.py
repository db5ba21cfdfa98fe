"""What notebooks show."""

import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest
from PIL import Image

from tests.explanations import explanation
from vitxplain.explanation.explanation_list import ExplanationList
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


def test_a_list_is_one_picture_of_all_its_maps():
    one, other = explanation(), explanation(size=(40, 200))
    both = ExplanationList([ExplanationList([one, one]), other])
    html = both._repr_html_()
    assert 'alt="3 maps of 2 images"' in html
    assert html.count("<img") == 1
    assert (both, repr(both)) == ([[one, one], other], repr([[one, one], other]))
    assert ExplanationList([])._repr_html_() is None
    assert ExplanationList([explanation(axes="layer head")])._repr_html_() is None


@pytest.mark.slow
def test_a_backend_nobody_knows_breaks_neither_python_nor_the_command(tmp_path: Path) -> None:
    """Notebooks set MPLBACKEND for what they start, whose matplotlib may not know it."""
    environment = {**os.environ, "MPLBACKEND": "nonsense"}
    picture = tmp_path / "red.png"
    Image.new("RGB", (40, 40), "red").save(picture)
    code = f"import os, vitxplain; e = vitxplain.explain('demo-vit', {str(picture)!r}); e.overlay(); e._repr_html_()"
    code += "; print(os.environ['MPLBACKEND'])"
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "nonsense"  # of the user's environment nothing is changed
    command = [
        sys.executable,
        "-m",
        "vitxplain",
        "explain",
        str(picture),
        "--model",
        "demo-vit",
        "--out",
        str(tmp_path),
    ]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert list(tmp_path.glob("red.*.png"))
