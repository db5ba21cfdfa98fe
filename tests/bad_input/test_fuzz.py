"""Whatever is typed and whatever lies in a file: an exit code of 0, 1 or 2, one-sentence errors, never a traceback."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.bad_input.conftest import Vitx, noise
from tests.cli.conftest import Said

# Derandomised: the same examples every time, so that nobody meets another one's failure. More of them find more.
quickly = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FORMATS = ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "ICO", "PCX", "JPEG2000", "SGI", "DDS"]


def _whole(form: str) -> bytes:
    buffer = BytesIO()
    image = Image.fromarray(noise(24, 20))
    exif = image.getexif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    image.save(buffer, form, **({"exif": exif} if form in ("PNG", "JPEG", "WEBP", "TIFF") else {}))
    return buffer.getvalue()


WHOLE = {form: _whole(form) for form in FORMATS}


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An image file with bytes changed, taken out, put in or cut off."""
    content = bytearray(WHOLE[draw(st.sampled_from(FORMATS))])
    for _ in range(draw(st.integers(1, 6))):
        # Most formats keep what matters in their first hundred bytes.
        where = draw(st.integers(0, 100) | st.integers(0, len(content)))
        what = draw(st.sampled_from(["change", "remove", "insert", "cut"]))
        new = draw(st.binary(min_size=1, max_size=8))
        if what == "cut":
            del content[max(where, 8) :]
        else:
            content[where : where + (len(new) if what != "insert" else 0)] = b"" if what == "remove" else new
    return bytes(content)


def in_order(said: Said) -> None:
    """What every run promises, whatever it was given."""
    assert said.code in (0, 1, 2)
    assert "Traceback" not in said.err
    assert "should not happen" not in said.err
    assert (said.code == 0) == ("rror" not in said.err)


@quickly
@given(contents=st.lists(st.binary(max_size=200) | damaged() | damaged(), min_size=8, max_size=8))
def test_any_bytes_as_image_files(vitx: Vitx, place: Path, vit_folder: Path, contents: list[bytes]):
    for index, content in enumerate(contents):
        Path(f"{index}.png").write_bytes(content)
    names = [f"{index}.png" for index in range(len(contents))]
    command = ("explain", "good.png", *names, "--model", vit_folder, "--method", "rollout", "--format", "json")
    said = vitx(*command, "--json")
    in_order(said)
    outcomes = {line["input"]: line.get("error") for line in said.json}
    assert sorted(outcomes) == sorted(["good.png", *names])
    assert outcomes["good.png"] is None
    for name, error in outcomes.items():
        if error is not None:
            assert error.startswith(name)
            assert f"error: {name}" in said.err


TEXT = st.text(st.characters(exclude_characters="\0"), max_size=12)
NUMBER = (
    st.integers().map(str) | st.floats().map(str) | st.sampled_from(["", "1e999", "-0", "0x10", "1_0", "--1", "٣", "²"])
)
VALUE = (
    TEXT | NUMBER | st.sampled_from(["none", "None", "true", "mean", "1,1", "(1, 1)", "[]", "1x1", ",", "-1", "0.5"])
)
METHOD = (
    st.sampled_from(["rollout", "raw-attention", "grad-cam", "gradient-attention", "gradient-rollout", "cam"]) | TEXT
)
OPTION = st.sampled_from(
    [
        "layer",
        "head",
        "query",
        "mass",
        "start_layer",
        "discard_ratio",
        "residual_weight",
        "head_fusion",
        "relu",
        "every",
    ]
)


@quickly
@given(method=METHOD, option=OPTION | TEXT, value=VALUE, prefix=st.sampled_from(["", "rollout.", "."]))
def test_any_option(vitx: Vitx, place: Path, vit_folder: Path, method: str, option: str, value: str, prefix: str):
    command = ("explain", "good.png", "--model", vit_folder, "--format", "json", "--quiet")
    in_order(vitx(*command, f"--method={method}", "-o", f"{prefix}{option}={value}"))


FLAGS: dict[str, Callable[[], st.SearchStrategy[str]]] = {
    "--target": lambda: VALUE,
    "--image-size": lambda: TEXT | st.integers(-5, 80).map(str) | st.from_regex(r"\d{1,2}[x×,]\d{1,2}", fullmatch=True),
    "--format": lambda: TEXT | st.lists(st.sampled_from(["png", "npz", "json", "", "PNG"])).map(",".join),
    "--device": lambda: TEXT | st.from_regex(r"(cpu|cuda|mps|xla)(:-?\d{1,3})?", fullmatch=True),
    "--dtype": lambda: VALUE,
    "--top-k": lambda: VALUE,
    "--batch-size": lambda: VALUE,
    "--revision": lambda: TEXT,
}


@pytest.mark.parametrize("flag", FLAGS)
def test_any_value(vitx: Vitx, place: Path, vit_folder: Path, flag: str):
    @settings(quickly, max_examples=12)
    @given(value=FLAGS[flag]())
    def run(value: str) -> None:
        command = ("explain", "good.png", "--model", vit_folder, "--method", "rollout", "--format", "json", "--quiet")
        in_order(vitx(*command, f"{flag}={value}"))

    run()


@quickly
@given(name=TEXT | VALUE | st.from_regex(r"[~./\[\]*?:{}a-z]{1,8}", fullmatch=True))
def test_any_name_of_an_image(vitx: Vitx, place: Path, vit_folder: Path, name: str):
    command = ("explain", "--model", vit_folder, "--method", "rollout", "--format", "json", "--quiet", "--", name)
    in_order(vitx(*command))


@settings(quickly, max_examples=25)
@given(
    name=TEXT | st.from_regex(r"[~./:@a-z-]{1,8}", fullmatch=True) | st.sampled_from(["timm:", "torchvision:", "a:b"])
)
def test_any_name_of_a_model(vitx: Vitx, place: Path, name: str):
    in_order(vitx("methods", f"--model={name}"))
