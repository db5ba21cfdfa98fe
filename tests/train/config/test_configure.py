"""From files and typed options to a configuration."""

from pathlib import Path

import pytest

from vitxplain.errors import ModelLoadError, OptionError, UnknownNameError, UsageError
from vitxplain.train.config.configure import configure
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import RunConfig


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lr=1", "learning_rate"),
        ("train.bs=1", "batch_size"),
        ("max-steps=1", "steps"),
        ("depth=1", "model.num_hidden_layers"),
        ("model.heads=2", "model.num_attention_heads"),
        ("patch_sise=2", "model.patch_size"),
    ],
)
def test_which_option_was_meant(typed: str, meant: str):
    word = typed.partition("=")[0]
    with pytest.raises(OptionError, match=f"nothing has an option '{word}'; did you mean {meant}"):
        configure(None, [typed], model="scratch")


def test_all_options_where_none_is_near():
    with pytest.raises(OptionError, match=r"there are:\n  train: mode, .*\n  data: size, .*\n  model: image_size, .*"):
        configure(None, ["zzz=1"], model="scratch")


@pytest.mark.parametrize(
    ("said", "found"),
    [("both", "here/both"), ("only", "there/only"), ("./only", "there/only"), ("digits", None), ("no/such", None)],
)
def test_folders_of_a_file_lie_here_or_beside_it(here: Path, said: str, found: str | None):
    file = here / "there" / "options.yaml"
    file.write_text(f"data: {said}\nmodel: a-model\n")
    config = configure(file, [])
    assert config.data == (str(here / found) if found else said)
    assert config.model == str(here / "there" / "a-model")


def test_options_of_another_model_are_left_behind(here: Path):
    file = here / "options.yaml"
    file.write_text("model: scratch\nmodel_options: {patch_size: 4}\ndata: digits\ndata_options: {hardness: 0.5}\n")
    assert configure(file, [], model="vit-base") == RunConfig("vit-base", "digits", data_options={"hardness": 0.5})
    assert configure(file, [], data="photos").data_options == {}


def test_paths_that_are_none(here: Path):
    with pytest.raises(ModelLoadError, match=r"the folder \./phots does not exist.* the folder photos\?"):
        configure(None, [], model="./phots")
    with pytest.raises(UnknownNameError, match="the folder phots/ does not exist"):
        configure(None, [], data="phots/")


def test_what_was_written_is_read(here: Path):
    config = RunConfig("scratch", "digits", TrainOptions(steps=3), {"image_size": (24, 32)}, {"seed": 0}, 7)
    text = config.as_yaml()
    assert RunConfig.from_yaml(text) == config
    assert b"versions:\n  vitxplain: " in text
    (here / "config.yaml").write_bytes(text)
    assert configure(here / "config.yaml", []) == config


@pytest.mark.parametrize(
    ("saved", "typed", "epochs", "steps"),
    [
        ("steps: 60", "epochs=2", 2.0, None),
        ("steps: 60", "train.epochs=2", 2.0, None),
        ("epochs: 3", "steps=5", None, 5),
        ("steps: 60", "epochs=none", None, 60),
        ("steps: 60", "batch_size=2", None, 60),
    ],
)
def test_how_long_it_trains_is_what_is_typed(here: Path, saved: str, typed: str, epochs: float | None, steps: int):
    (here / "best.yaml").write_text(saved)
    options = configure(here / "best.yaml", [typed]).options
    assert (options.epochs, options.steps) == (epochs, steps)


@pytest.mark.parametrize("typed", ["kind=cnn", "model.kind=cnn"])
def test_options_of_another_kind_are_left_out_and_that_is_said(here: Path, typed: str):
    file = here / "options.yaml"
    file.write_text("model: scratch\nmodel_options: {kind: vit, patch_size: 4, num_channels: 1}\n")
    with pytest.warns(UserWarning, match="^of the configuration patch_size is left out: kind=cnn has no such option"):
        found = configure(file, [typed, "widths=8,8,8"])
    assert found.model_options == {"kind": "cnn", "num_channels": 1, "widths": (8, 8, 8)}
    assert configure(file, ["kind=vit"]).model_options["patch_size"] == 4


def test_the_folder_of_a_run_stands_for_its_configuration(here: Path):
    (here / "run").mkdir()
    (here / "search").mkdir()
    (here / "run" / "config.yaml").write_text("epochs: 7")
    (here / "search" / "best.yaml").write_text("epochs: 7")
    assert configure(here / "run", []).options.epochs == 7
    with pytest.raises(UsageError, match=r"search is a folder without config\.yaml; give .*search/best\.yaml\."):
        configure(here / "search", [])
    with pytest.raises(UsageError, match="photos is a folder without config.yaml; give a YAML file"):
        configure(here / "here" / "photos", [])


def test_scratch_misspelt(here: Path):
    with pytest.raises(UnknownNameError, match="no model is called 'scrach'. Did you mean scratch"):
        configure(None, [], model="scrach")
    (here / "here" / "scratch2").mkdir()
    assert configure(None, [], model="scratch2").model == str(here / "here" / "scratch2")
