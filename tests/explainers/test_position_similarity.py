import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.similarity import position_similarity
from vitxplain.explainers.position_similarity import cosine_similarity


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(1, 4), columns=st.integers(1, 4), channels=st.integers(2, 6), seed=st.integers(0, 1000))
def test_equals_the_loops_and_is_symmetric_with_diagonal_one(rows: int, columns: int, channels: int, seed: int) -> None:
    table = torch.randn(rows, columns, channels, generator=torch.Generator().manual_seed(seed))
    similarity = cosine_similarity(table)
    expected = torch.from_numpy(position_similarity(table.double().numpy())).float()
    torch.testing.assert_close(similarity, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(similarity, similarity.permute(2, 3, 0, 1), atol=1e-6, rtol=0)
    flat = similarity.reshape(rows * columns, rows * columns)
    torch.testing.assert_close(flat.diagonal(), torch.ones(rows * columns))
    assert similarity.abs().max() <= 1


def test_opposite_and_missing_embeddings() -> None:
    table = torch.tensor([[[1.0, 2.0], [-2.0, -4.0], [0.0, 0.0]]])
    similarity = cosine_similarity(table)[0, :, 0]
    assert similarity[0].tolist() == pytest.approx([1, -1, 0])
    assert similarity[2].tolist() == [0, 0, 0]


def test_half_precision_tables_are_compared_in_single() -> None:
    table = torch.randn(2, 3, 8).half()
    assert torch.equal(cosine_similarity(table), cosine_similarity(table.float()))
