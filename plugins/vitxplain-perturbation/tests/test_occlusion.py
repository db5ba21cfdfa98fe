import pytest
import torch
from torch import Tensor, nn
from vitxplain_perturbation.occlusion import Occlusion

from vitxplain import load_model
from vitxplain.plugins import OptionError
from vitxplain.testing import CHECKS


class TotalBrightness(nn.Module):
    """Two classes: the sum of all values, and nothing."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        total = pixel_values.sum((1, 2, 3))
        return torch.stack([total, torch.zeros_like(total)], 1)


@pytest.fixture
def brightness():
    return load_model(TotalBrightness(), mean=(0.0,) * 3, std=(1.0,) * 3, size=(12, 8))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_contract(check):
    check(Occlusion)


def test_value_is_the_mean_fall_over_the_windows_that_hide_a_pixel(brightness):
    """On a sum, hiding a window costs exactly what lies under it."""
    pixel_values = torch.rand(2, 3, 12, 8, generator=torch.Generator().manual_seed(0))
    found = Occlusion(window=(4, 2), stride=(4, 1)).explain(brightness, pixel_values, 0)
    total, hidden = torch.zeros(2, 12, 8), torch.zeros(12, 8)
    for top in range(0, 9, 4):
        for left in range(7):
            window = (slice(top, top + 4), slice(left, left + 2))
            total[:, *window] += pixel_values[:, :, *window].sum((1, 2, 3))[:, None, None]
            hidden[window] += 1
    torch.testing.assert_close(found, total / hidden)


def test_a_class_that_does_not_depend_on_the_image_has_no_map(brightness):
    assert Occlusion().explain(brightness, torch.rand(1, 3, 12, 8), 1).abs().max() == 0


def test_windows_together_or_one_by_one(brightness):
    pixel_values = torch.rand(2, 3, 12, 8)
    one, all_ = (Occlusion(windows_per_pass=n).explain(brightness, pixel_values) for n in (1, 50))
    torch.testing.assert_close(one, all_)


@pytest.mark.parametrize("options", [{"window": (0, 3)}, {"stride": (3,)}, {"windows_per_pass": 0}])
def test_impossible_options(options):
    with pytest.raises(OptionError, match=r"takes"):
        Occlusion(**options)


@pytest.mark.parametrize("options", [{"window": (13, 3)}, {"window": (3, 3), "stride": (4, 1)}])
def test_options_this_input_cannot_take(brightness, options):
    with pytest.raises(OptionError, match=r"larger"):
        Occlusion(**options).explain(brightness, torch.rand(1, 3, 12, 8))
