import pytest
import torch
from vitxplain_received_attention import ReceivedAttention

from vitxplain.testing import CHECKS, tiny_vit


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_contract(check):
    check("received-attention")


def test_is_the_column_mean_of_the_weights():
    model = tiny_vit()
    pixel_values = torch.randn(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    model.module.set_attn_implementation("eager")
    with torch.no_grad():
        layers = model.module(pixel_values, output_attentions=True).attentions  # of (batch, head, query, key)
    expected = torch.stack(layers).mean((0, 2, 3))[:, 1:].unflatten(1, (4, 6))
    torch.testing.assert_close(ReceivedAttention().explain(model, pixel_values), expected)
