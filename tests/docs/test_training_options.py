"""The page of training options says what the code has, and the example configuration is one."""

import runpy
from pathlib import Path

from vitxplain.options.describe import option_facts
from vitxplain.train.config.configure import configure
from vitxplain.train.config.options import TrainOptions

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_what_the_code_says():
    page = runpy.run_path(str(ROOT / "docs" / "training_options.py"))["page"]()
    assert (ROOT / "docs/reference/training-options.md").read_text("utf-8") == page, (
        "run: python docs/training_options.py"
    )


def test_every_option_is_explained():
    assert [one.name for one in option_facts(TrainOptions) if not one.help] == []


def test_the_example_configuration_is_one():
    config = configure(ROOT / "examples" / "train.yaml", ["epochs=1"])
    assert (config.model, config.data) == ("scratch", "digits")
    assert config.options.epochs == 1
    assert config.options.scheduler == "cosine"
    assert config.model_options["patch_size"] == 4
