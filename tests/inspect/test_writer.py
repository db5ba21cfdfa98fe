"""Records of plain arrays: what is read back, what is refused, and what is not imported."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from vitxplain.errors import ImageError, OptionError, UsageError
from vitxplain.inspect import Layer, Side, Writer, open_recording, records

RANDOM = np.random.default_rng(0)


def weights(*shape: int) -> np.ndarray:
    scores = np.exp(3 * RANDOM.standard_normal(shape))
    return (scores / scores.sum(-1, keepdims=True)).astype(np.float32)


def test_what_was_added_is_read_back(tmp_path: Path):
    attention = weights(2, 3, 10, 10)
    picture = Image.fromarray(RANDOM.integers(0, 255, (60, 90, 3), np.uint8))
    path = Writer(tmp_path, model="mine").add(
        "a cat",
        attention,
        image=picture,
        step=7,
        prediction={"dog": 0.2, "cat": 0.7},
        maps={"lime": weights(5, 4) - 0.1},
    )
    (record,) = open_recording(tmp_path)
    assert (record.path, record.name, record.step) == (path, "a cat", 7)
    assert np.abs(record.attention(1) - attention[1]).max() < attention[1].max() / 255
    assert np.abs(record.rows(0) - attention[0, :, 0]).max() < attention[0].max() / 255  # the class token's
    assert [label["label"] for label in record.facts["prediction"]] == ["cat", "dog"]
    assert record.layers[0]["keys"]["grid"] == [3, 3]
    assert record.layers[0]["keys"]["prefix"] == ["class"]
    assert record.picture().size == (90, 60)
    assert np.array_equal(np.asarray(record.picture()), np.asarray(picture))  # small pictures lose nothing
    assert record.tensor("maps.0").shape == (5, 4)
    assert record.facts["maps"][0]["signed"]
    tensors = load_file(path)  # the library agrees that this is its format
    assert tensors["attention.00"].shape == (3, 10, 10)
    assert np.array_equal(tensors["peaks.01"], record.tensor("peaks.01"))


def test_half_precision_and_the_class_row_alone(tmp_path: Path):
    attention = weights(1, 2, 5, 5)
    Writer(tmp_path / "half", precision="float16").add("x", attention)
    assert np.allclose(open_recording(tmp_path / "half")["x"].attention(0), attention[0], rtol=1e-3)
    Writer(tmp_path / "rows", queries="class").add("x", attention)
    record = open_recording(tmp_path / "rows")["x"]
    assert "attention.00" not in record.tensors
    assert np.allclose(record.rows(0), attention[0, :, 0], atol=0.01)
    with pytest.raises(UsageError, match="only the row of the class"):
        record.attention(0)
    assert record.facts["picture"]["said"] == "no picture was given"


def test_statistics_are_those_of_the_definition(tmp_path: Path):
    """Distances in a loop over patches, from the picture's own pixels."""
    attention = weights(1, 2, 7, 7)
    Writer(tmp_path).add("x", attention, grid=(2, 3), image=np.zeros((20, 60, 3), np.uint8))
    record = open_recording(tmp_path)["x"]
    distance, entropy, to_class, to_itself = record.tensor("statistics")[0, 1]
    among = attention[0, 1, 1:, 1:].astype(np.float64)
    shares = among / among.sum(1, keepdims=True)
    centres = [(10 * row + 5, 20 * column + 10) for row in range(2) for column in range(3)]
    expected = np.mean(
        [sum(shares[i, j] * np.hypot(*np.subtract(a, b)) for j, b in enumerate(centres)) for i, a in enumerate(centres)]
    )
    assert distance == pytest.approx(expected, rel=1e-5)
    assert entropy == pytest.approx(-(shares * np.log(shares)).sum(1).mean(), rel=1e-5)
    assert to_class == pytest.approx(attention[0, 1, 1:, 0].mean(), rel=1e-5)
    assert to_itself == pytest.approx(np.diag(among).mean(), rel=1e-5)
    even = np.mean([np.hypot(*np.subtract(a, b)) for a in centres for b in centres])
    assert record.facts["even_distance"] == pytest.approx(even, rel=1e-5)


def test_layers_of_different_shapes_each_keep_their_own(tmp_path: Path):
    words = Side(3, "text", names=("a", "red", "ball"))
    layers = [
        Layer(weights(2, 9, 9), title="patches"),
        Layer(
            weights(1, 3, 9), title="words", keys=Side(9, grid=(3, 3)), queries=words, kind="text", note="Words ask."
        ),
        weights(4, 1, 10),
    ]
    Writer(tmp_path).add("x", layers)
    record = open_recording(tmp_path)["x"]
    assert [layer["heads"] for layer in record.layers] == [2, 1, 4]
    assert record.layers[1]["queries"]["names"] == ["a", "red", "ball"]
    assert record.layers[2]["kind"] == "pooled"
    assert record.tensor("statistics").shape == (3, 4, 4)
    assert np.isnan(record.tensor("statistics")[1]).all()
    assert np.allclose(record.rows(2), layers[2][:, 0], atol=0.01)


@pytest.mark.parametrize(
    ("attention", "options", "words"),
    [
        (np.zeros((2, 3, 10)), {}, r"give \(layer, head, query, key\)"),
        (np.zeros((1, 1, 11, 11)), {}, "how they lie on the image is not known"),
        (np.zeros((1, 1, 10, 10)), {"grid": (4, 4)}, "a grid of 4 x 4 patches does not fit"),
        (np.zeros((1, 1, 10, 10)), {"grid": 3}, "is no grid"),
        (np.full((1, 1, 4, 4), np.nan), {}, "NaN or infinity"),
        (np.full((1, 1, 4, 4), -0.5), {}, "attention is not negative"),
        (np.ones((1, 1, 4, 4)), {}, "sums to 4"),
        ([], {}, "there are no layers"),
        (np.full((1, 1, 4, 4), "x"), {}, "give numbers"),
        (np.zeros((1, 1, 4, 4)), {"step": -1}, "whole number"),
        (np.zeros((1, 1, 4, 4)), {"maps": {"a": np.full((2, 2), np.inf)}}, "finite numbers"),
        (np.zeros((1, 1, 4, 4)), {"prediction": {"a": float("nan")}}, "NaN"),
        ([Layer(np.zeros((1, 4, 4)), keys=Side(5))], {}, "says 5"),
    ],
)
def test_what_is_no_attention_is_refused_in_words(
    unchecked: None, tmp_path: Path, attention: object, options: dict, words: str
):
    writer = Writer(tmp_path)
    with pytest.raises(UsageError, match=words):
        writer.add("x", attention, **options)
    assert not list(tmp_path.rglob("*"))


def test_other_words_are_refused(unchecked: None, tmp_path: Path):
    with pytest.raises(OptionError, match="sqrt8 or float16"):
        Writer(tmp_path, precision="int4")
    with pytest.raises(ImageError, match="channels first"):
        Writer(tmp_path).add("x", weights(1, 1, 4, 4), image=np.zeros((3, 8, 8)))
    with pytest.raises(UsageError, match="no name"):
        Writer(tmp_path).add("a\nb", weights(1, 1, 4, 4))
    with pytest.raises(UsageError, match="cannot be"):
        Side(3, grid=(2, 2))


def test_names_share_no_file_and_a_rerun_replaces_its_own(tmp_path: Path):
    writer = Writer(tmp_path)
    names = ["cat", "Cat", "c/a/t", "../cat", "ß", "x" * 400]
    for name in [*names, "cat"]:
        writer.add(name, weights(1, 1, 4, 4))
    recording = open_recording(tmp_path)
    assert sorted(recording.names) == sorted(names)
    assert {path.parent for path in tmp_path.rglob("*.safetensors")} == {tmp_path / "inspect"}


def test_runs_below_a_folder(tmp_path: Path):
    for run, step in (("a", 2), ("a", 1), ("b/c", 0)):
        Writer(tmp_path / run).add("x", weights(1, 1, 4, 4), step=step)
    listing = records(tmp_path)
    assert [(listing.run_of(record), record.step) for record in listing] == [("a", 1), ("a", 2), ("b/c", 0)]


def test_writer_and_reader_need_numpy_and_pillow_alone(tmp_path: Path):
    program = f"""
import sys, numpy as np
from vitxplain.inspect import Writer, open_recording
Writer({str(tmp_path)!r}).add("x", np.full((1, 1, 5, 5), 0.2), image=np.zeros((8, 8, 3), np.uint8))
assert open_recording({str(tmp_path)!r})["x"].attention(0).shape == (1, 5, 5)
import json
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names))))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    foreign = {name for name in json.loads(result.stdout) if not name.startswith(("_", "sitecustomize"))}
    assert foreign <= {"numpy", "PIL", "vitxplain", "safetensors", "defusedxml", "olefile"}
