"""Cross-attention of a decoder: against eager attention, over levels, and for each object and image its own query."""

import numpy as np
import pytest
import torch

from tests.oracles import objects as oracle
from tests.sweeps.detector_models import SIZE, detector
from vitxplain import explain, fitting, load_model
from vitxplain.capture.layout import AttentionLayout, Patches, Queries
from vitxplain.errors import OptionError, TargetError, UnsupportedModelError
from vitxplain.explainers.base import DecoderLayer
from vitxplain.explainers.objects.cross_attention import CrossAttention
from vitxplain.explainers.passes.collector import Collector
from vitxplain.grid import TokenGrid
from vitxplain.models.vision_model import VisionModel
from vitxplain.testing import tiny_detector

IMAGES = torch.randn(2, 3, *SIZE, generator=torch.Generator().manual_seed(1))
LEVELS = ((4, 6), (2, 3))


@pytest.fixture(scope="module")
def deformable() -> VisionModel:
    return load_model(detector("RTDetrForObjectDetection"), mean=0.5, std=0.5, size=SIZE)


def test_of_dense_attention_it_is_the_row_of_the_query() -> None:
    detr, image = tiny_detector(), torch.randn(3, 32, 48, generator=torch.Generator().manual_seed(1))
    first, second = explain(detr, image, CrossAttention(-1), target=["object:0", "object:4"])
    assert first.detections[0].query != first.detections[4].query
    detr.module.config._attn_implementation = "eager"
    attentions = detr.module(image[None], output_attentions=True).cross_attentions
    for made, number in ((first, 0), (second, 4)):
        row = oracle.mean_row(attentions[-1][0].detach().double().numpy(), made.detections[number].query)
        np.testing.assert_allclose(made.values, oracle.on_finest(row, [(4, 6)]), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("layer", [1, "mean", "product"])
def test_levels_and_layers_are_put_together_as_the_loops_do(layer: int | str) -> None:
    draw = torch.Generator().manual_seed(0)
    layouts = [
        AttentionLayout("decoder", "cross", "batch head query key", (1, 2, 5, 30), 2, 1, None, None, Queries(5), tokens)
        for tokens in (Patches(LEVELS), Patches(LEVELS[::-1]))
    ]
    kept = [torch.rand(1, 5, 30, generator=draw) for _ in layouts]
    made = CrossAttention(layer).combine([DecoderLayer(*pair) for pair in zip(layouts, kept, strict=True)], 3)
    coarse_first = torch.cat([kept[1][..., 6:], kept[1][..., :6]], -1)
    maps = [oracle.on_finest(one[0, 3].double().numpy(), LEVELS) for one in (kept[0], coarse_first)]
    expected = {1: maps[1], "mean": sum(maps) / 2, "product": oracle.product(maps)}[layer]
    np.testing.assert_allclose(made[0], expected, rtol=1e-4)


def test_each_image_of_a_batch_has_the_map_of_its_own_query(deformable: VisionModel) -> None:
    targets = [["object:0", "object:3"], ["object:2"]]
    together = explain(deformable, IMAGES, "cross-attention", target=targets, min_score=0)
    for image, own, of_image in zip(IMAGES, targets, together, strict=True):
        for target, made in zip(own, of_image, strict=True):
            alone = explain(deformable, image, "cross-attention", target=target, min_score=0)
            assert (made.target.index, made.target.label) == (alone.target.index, alone.target.label)
            np.testing.assert_allclose(made.values, alone.values, rtol=1e-4, atol=1e-8)
    assert not np.allclose(together[0][0].values, together[0][1].values)


def test_of_deformable_attention_it_lies_on_the_finest_level(deformable: VisionModel) -> None:
    made = explain(deformable, IMAGES[0], "cross-attention", layer=0, min_score=0)
    assert made.values.shape == (8, 12)
    assert 0.1 < made.values.sum() <= 1 + 1e-5
    with pytest.raises(OptionError, match="layer 2 does not exist: this model has 2"):
        explain(deformable, IMAGES[0], "cross-attention", layer=2, min_score=0)


@pytest.mark.slow
def test_a_segment_has_the_map_of_its_query() -> None:
    model = load_model(detector("Mask2FormerForUniversalSegmentation"), mean=0.5, std=0.5, size=SIZE)
    made = explain(model, IMAGES[0], CrossAttention(-1), target="segment:0", min_score=0)
    assert made.values.sum() == pytest.approx(1, abs=1e-4)
    layouts = [model.probe().layouts[index] for index in model.probe().decoder.calls]
    reads = [layout.key_tokens.levels for layout in layouts if layout.reads_image]
    assert made.values.shape == reads[-1][0] != reads[0][0]  # each layer reads another level


@pytest.mark.parametrize("method", ["cross-attention", "sampling-points"])
def test_why_one_class_and_not_another_is_nothing_a_query_knows(deformable: VisionModel, method: str) -> None:
    name = explain(deformable, IMAGES[0], method, min_score=0).target.name
    other = next(label for label in deformable.labels.values() if label != name)
    with pytest.raises(TargetError, match=f"{method} shows what a query reads, whatever the class"):
        explain(deformable, IMAGES[0], method, target=f"{name}~{other}", min_score=0)


def test_what_has_no_decoder_is_refused_with_the_reason() -> None:
    yolos = load_model(detector("YolosForObjectDetection"), mean=0.5, std=0.5, size=SIZE)
    assert "tokens beside the patches" in str(fitting(yolos)["cross-attention"])
    with pytest.raises(UnsupportedModelError, match="cross-attention needs decoder queries"):
        explain(yolos, IMAGES[0], "cross-attention", min_score=0)
    with pytest.raises(TargetError, match="the target is of none"):
        Collector([], [CrossAttention()]).combine(TokenGrid(1, 1))
