"""Sources as paths, and configurations of earlier versions."""

from pathlib import Path

import pytest

from vitxplain.errors import UsageError
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import RunConfig, absolute_source, relative_source, resumed_config


def test_absolute_and_relative_sources(here: Path):
    (here / "here" / "scratch").mkdir()
    assert absolute_source("photos") == str(here / "here" / "photos")
    assert absolute_source("mnist:photos") == f"mnist:{here / 'here' / 'photos'}"
    assert [absolute_source(one) for one in ("scratch", "digits", "a/b", "timm:x", "mnist:")] == [
        *("scratch", "digits", "a/b", "timm:x", "mnist:")
    ]
    assert relative_source(absolute_source("photos")) == "photos"
    assert relative_source(str(here / "there")) == str(here / "there")


def test_a_configuration_of_an_earlier_version(here: Path):
    old = RunConfig.from_yaml(b"model: scratch\ndata: photos\nmodel_options: {patch_size: 4}\nepochs: 3.0\n")
    assert old == RunConfig("scratch", "photos", TrainOptions(epochs=3.0), {"patch_size": 4})
    asked = RunConfig("scratch", absolute_source("photos"))
    assert resumed_config(asked, old).data == absolute_source("photos")
    with pytest.raises(UsageError, match="data is .*both now, but the run was started with .*photos"):
        resumed_config(RunConfig("scratch", absolute_source("both")), old)
