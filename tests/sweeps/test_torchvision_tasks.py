"""Every detector and segmenter of torchvision, tiny and random.

What was found is the table of supported models: `python -m tests.sweeps.write_table torchvision` writes it anew.
"""

import pytest

from tests.sweeps.table import read
from tests.sweeps.task_trials import check_maps, check_rows, facts
from tests.sweeps.torchvision_tasks import FAMILIES, NAMES, task_trial

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.filterwarnings("ignore:`torch.jit")]


@pytest.mark.parametrize(("family", "name"), NAMES, ids=[name for _, name in NAMES])
def test_a_family_is_explained(family: str, name: str) -> None:
    tried = task_trial(family, name)
    check_maps(tried)
    check_rows(tried)
    assert tried.changed == []
    assert facts(tried.model) == read(f"torchvision {family}")[name]


def test_every_class_has_its_row() -> None:
    from torchvision import models

    for family, module in {"detectors": models.detection, "segmenters": models.segmentation}.items():
        builders = [models.get_model_builder(name) for name in models.list_models(module)]
        classes = {builder.__annotations__["return"].__name__ for builder in builders} - {"KeypointRCNN"}
        assert classes == set(FAMILIES[family]) == set(read(f"torchvision {family}"))
