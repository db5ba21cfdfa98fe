import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.explainers.records import random_attention, record, run
from tests.oracles.mass import heaviest as slow_heaviest
from vitxplain.errors import OptionError
from vitxplain.explainers.raw_attention import RawAttention, heaviest
from vitxplain.grid import TokenGrid

CLASS_TOKEN = TokenGrid(2, 3, 1)
DISTILLED = TokenGrid(2, 3, 2, readout=(0, 1))
POOLED = TokenGrid(2, 3)


def layers(tokens: int, number: int = 3) -> list[torch.Tensor]:
    return [random_attention(2, 4, tokens, tokens, seed=seed) for seed in range(number)]


def test_the_class_tokens_row_is_shown_as_it_is() -> None:
    result = run(RawAttention(), layers(7), CLASS_TOKEN)
    assert result.shape == (2, 3, 4, 2, 3)
    for layer, weights in enumerate(layers(7)):
        for row in range(2):
            for column in range(3):
                expected = weights[:, :, 0, 1 + row * 3 + column]
                assert torch.equal(result[:, layer, :, row, column], expected)


@pytest.mark.parametrize(("grid", "readout"), [(DISTILLED, [0, 1]), (POOLED, list(range(6)))])
def test_several_readout_tokens_are_averaged(grid: TokenGrid, readout: list[int]) -> None:
    tokens = grid.num_tokens
    expected = torch.stack([one[:, :, readout].mean(2)[..., tokens - 6 :] for one in layers(tokens)], 1)
    torch.testing.assert_close(run(RawAttention(), layers(tokens), grid).flatten(-2), expected)


@pytest.mark.parametrize("query", [5, "1,2", " 1 , 2 "])
def test_any_patch_can_ask(query: int | str) -> None:
    result = run(RawAttention(query=query), layers(8), DISTILLED)
    torch.testing.assert_close(result.flatten(-2), torch.stack(layers(8), 1)[..., 7, 2:])


def test_one_layer_or_head_or_their_mean() -> None:
    everything = run(RawAttention(), layers(7), CLASS_TOKEN)
    assert torch.equal(run(RawAttention(layer=1), layers(7), CLASS_TOKEN), everything[:, [1]])
    assert torch.equal(run(RawAttention(layer=-1), layers(7), CLASS_TOKEN), everything[:, [2]])
    assert torch.equal(run(RawAttention(head=2), layers(7), CLASS_TOKEN), everything[:, :, [2]])
    assert torch.equal(run(RawAttention(head="all"), layers(7), CLASS_TOKEN), everything)
    mean = run(RawAttention(head="mean"), layers(7), CLASS_TOKEN)
    torch.testing.assert_close(mean, everything.mean(2, keepdim=True))


def test_layers_of_other_grids_are_left_out_unless_named() -> None:
    fine, coarse = TokenGrid(4, 6), TokenGrid(2, 3)
    method = RawAttention()
    records = [record(random_attention(1, 2, 24, 24), fine), *(record(random_attention(1, 2, 6, 6), coarse),) * 2]
    assert method.combine([method.keep(one) for one in records], coarse).shape == (1, 2, 2, 2, 3)
    first = RawAttention(layer=0, query="3,5")
    assert first.combine([first.keep(one) for one in records], coarse).shape == (1, 1, 2, 4, 6)


def test_pooled_keys_are_asked_from_the_finer_grid() -> None:
    grid = TokenGrid(2, 3, 1)  # keys; the queries are 4 x 6 patches behind a class token
    weights = random_attention(1, 2, 25, 7)
    method = RawAttention(query="3,5")
    result = method.combine([method.keep(record(weights, grid))], grid)
    assert torch.equal(result[:, 0].flatten(-2), weights[:, :, 24, 1:])


def test_class_attention_is_shown_and_no_patch_asks_in_it() -> None:
    patches = record(random_attention(1, 2, 6, 6), POOLED)
    class_attention = record(random_attention(1, 2, 1, 7), CLASS_TOKEN, kind="pooling")
    shown = RawAttention()
    maps = shown.combine([shown.keep(patches), shown.keep(class_attention)], CLASS_TOKEN)
    assert torch.equal(maps[:, 1].flatten(-2), class_attention.weights[:, :, 0, 1:])
    asked = RawAttention(query=3)
    maps = asked.combine([asked.keep(patches), asked.keep(class_attention)], CLASS_TOKEN)
    assert torch.equal(maps[:, 0].flatten(-2), patches.weights[:, :, 3])
    assert maps.shape[1] == 1


@settings(max_examples=40, deadline=None)
@given(mass=st.floats(0.01, 1), seed=st.integers(0, 1000))
def test_mass_keeps_the_fewest_patches_that_hold_it(mass: float, seed: int) -> None:
    maps = random_attention(2, 3, 7, seed=seed)[..., 1:].unflatten(-1, (2, 3))
    kept = heaviest(maps, mass)
    for index in range(6):
        before, after = maps.view(6, 2, 3)[index].double(), kept.view(6, 2, 3)[index].double()
        assert torch.equal(after[after > 0], before[after > 0])
        # Rounding may decide whether the last patch is needed: never more than it lies between.
        fewest, most = (slow_heaviest(before.numpy(), share) for share in (mass - 1e-6, min(mass + 1e-6, 1)))
        assert (fewest > 0).sum() <= (after > 0).sum() <= (most > 0).sum()


def test_mass_by_hand() -> None:
    maps = torch.tensor([[0.1, 0.4], [0.2, 0.1]])
    assert torch.equal(heaviest(maps, 0.5), torch.tensor([[0.0, 0.4], [0.0, 0.0]]))
    assert torch.equal(heaviest(maps, 0.6), torch.tensor([[0.0, 0.4], [0.2, 0.0]]))
    assert torch.equal(heaviest(maps, 1.0), maps)


def test_mass_is_per_head_and_image() -> None:
    plain, kept = (run(method, layers(7), CLASS_TOKEN) for method in (RawAttention(), RawAttention(mass=0.6)))
    for place in ((0, 0, 0), (1, 2, 3)):
        torch.testing.assert_close(kept[place], torch.from_numpy(slow_heaviest(plain[place].numpy(), 0.6)))


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"layer": 1.5}, "layer is 1.5; it takes a whole number"),
        ({"head": "max"}, "head is 'max'; it takes a whole number"),
        ({"query": "middle"}, "query is 'middle'; it takes \"row,column\""),
        ({"query": -1}, "query is -1; it takes a whole number of at least 0"),
        ({"mass": 0}, "mass is 0; it takes a number from 0 .0 itself excluded. to 1"),
        ({"mass": 60}, "mass is 60"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_values_out_of_range_are_refused(options: dict, allowed: str) -> None:
    with pytest.raises(OptionError, match=allowed):
        RawAttention(**options)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (RawAttention(layer=3), "layer 3 does not exist: this model has 3, 0 to 2"),
        (RawAttention(head=-5), "head -5 does not exist: this model has 4, 0 to 3"),
        (RawAttention(query=6), "query 6 asks nothing there: .* 2 x 3 patches"),
        (RawAttention(query="0,3"), "query '0,3' asks nothing there: .* from 0,0 to 1,2"),
    ],
)
def test_what_the_model_does_not_have_is_refused(method: RawAttention, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        run(method, layers(7), CLASS_TOKEN)
