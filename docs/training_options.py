"""Write docs/reference/training-options.md from TrainOptions: `python docs/training_options.py`; a test compares."""

from pathlib import Path

from vitxplain.options.describe import as_text, option_facts
from vitxplain.train.config.options import TrainOptions

PAGE = Path(__file__).parent / "reference" / "training-options.md"
HEAD = """# Training options

Each is an `-o key=value` of `vitx train`, a line `key: value` of its `--config` file and a field of `TrainOptions`.
Where the default is none, the value is worked out when training starts and written into the run's `config.yaml`.
This page is made from the code. An option has an address of its own: `#epochs`.

| option | takes | default | meaning |
| --- | --- | --- | --- |
"""
FOOT = """
Options of a model from scratch are on [their page](scratch-models.md), those of data sets on [theirs](data.md). A plain
key goes to the training if it has such an option, then to the model, then to the data; `model.key` and `data.key` say
which. For any model `image_size` (height x width) sets another input size where it can take one; with `mode=lora` there
are `lora_rank`, `lora_alpha` and `lora_dropout`.
"""


def page() -> str:
    """The whole page."""
    rows = (
        f"| [`{one.name}`](#{one.name}){{ #{one.name} }} "
        f"| {one.takes} | {as_text(one.default) or 'none'} | {one.help} |"
        for one in option_facts(TrainOptions)
    )
    return HEAD + "\n".join(rows) + "\n" + FOOT


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
