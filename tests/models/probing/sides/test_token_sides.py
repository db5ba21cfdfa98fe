"""Who asks and who is asked, in detectors and beside words; and what an object query reads of the image."""

from functools import cache

import pytest
import torch
import transformers
from torch import Tensor, nn

from tests.models.tiny_classifier import as_model
from tests.sweeps.detector_models import NUM_QUERIES, SIZE, detector, detector_inputs
from tests.sweeps.lively import lively, noise
from tests.sweeps.transformers_configs import input_size, tiny_config
from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layout import AttentionLayout, Latents, Patches, Queries, Text
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.models.probing.probe import Probe
from vitxplain.models.probing.sides.token_sides import decoder

ENCODER = Patches(((2, 3),))  # of stride 32
OBJECTS = Queries(NUM_QUERIES)
PYRAMID = Patches(((8, 12), (4, 6), (2, 3)))
FOUR = Patches(((8, 12), (4, 6), (2, 3), (1, 2)))

# Class -> (kind, who asks, who is asked) of its calls, in order.
DENSE = [("token", ENCODER, ENCODER)] * 2 + [("branch", OBJECTS, OBJECTS), ("cross", OBJECTS, ENCODER)] * 2
HYBRID = [("token", ENCODER, ENCODER)] + [("branch", OBJECTS, OBJECTS), ("cross", OBJECTS, PYRAMID)] * 2
SIDES = {
    "DetrForObjectDetection": DENSE,
    "ConditionalDetrForObjectDetection": DENSE,
    "DeformableDetrForObjectDetection": [
        *[("levels", FOUR, FOUR)] * 2,
        *[("branch", OBJECTS, OBJECTS), ("cross", OBJECTS, FOUR)] * 2,
    ],
    "RTDetrForObjectDetection": HYBRID,
    "DFineForObjectDetection": HYBRID,
    "LwDetrForObjectDetection": [
        *[("window", None, None)] * 2,
        *[("branch", OBJECTS, OBJECTS), ("cross", OBJECTS, Patches(((8, 12), (2, 3))))] * 2,
    ],
    "YolosForObjectDetection": [("token", *[Patches(((4, 6),), 1, NUM_QUERIES)] * 2)] * 2,
}


class Scores(nn.Module):
    """A detector that returns the class scores of its queries side by side, as a classifier would."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.detector, self.name = detector(name), name
        self.config = self.detector.config

    def forward(self, pixel_values: Tensor) -> Tensor:
        output = self.detector(**detector_inputs(self.name, pixel_values))
        scores = output.logits if "logits" in output else output.class_queries_logits
        return scores.flatten(1)


@cache
def probed(name: str) -> tuple[nn.Module, Probe]:
    module = Scores(name)
    return module, as_model(module, SIZE).probe()


def sides(layout: AttentionLayout) -> tuple:
    return layout.kind, layout.query_tokens, layout.key_tokens


@pytest.mark.parametrize("name", SIDES)
def test_tokens_are_known(name: str) -> None:
    _, probe = probed(name)
    assert [sides(layout) for layout in probe.layouts] == SIDES[name]
    assert probe.isotropic == (name == "YolosForObjectDetection")


@pytest.mark.parametrize("name", [name for name in SIDES if name != "YolosForObjectDetection"])
def test_layer_of_class_activation_maps_is_one_of_the_image(name: str) -> None:
    _, probe = probed(name)
    assert probe.cam_layer is not None
    assert probe.cam_layer.startswith("detector.model.")
    assert "decoder.layers" not in probe.cam_layer
    assert probe.cam_grid in ((2, 3), (8, 12))


def test_masks_are_read_by_queries() -> None:
    _, probe = probed("Mask2FormerForUniversalSegmentation")
    reading = [layout for layout in probe.layouts if layout.reads_image]
    assert [layout.key_tokens for layout in reading] == [Patches(((2, 3),)), Patches(((4, 6),))]
    assert {sides(o) for o in probe.layouts if o.kind == "levels"} == {
        ("levels", Patches(((2, 3), (4, 6), (8, 12))), Patches(((2, 3), (4, 6), (8, 12))))
    }
    assert {sides(o) for o in probe.layouts if o.kind == "branch"} == {("branch", OBJECTS, OBJECTS)}


def test_as_many_queries_as_patches() -> None:
    class Even(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.detector = detector("DetrForObjectDetection", num_queries=6)

        def forward(self, pixel_values: Tensor) -> Tensor:
            return self.detector(pixel_values).logits.flatten(1)

    probe = as_model(Even(), SIZE).probe()
    even = [("branch", Queries(6), Queries(6)), ("cross", Queries(6), ENCODER)] * 2
    assert [sides(layout) for layout in probe.layouts] == [("token", ENCODER, ENCODER)] * 2 + even
    assert probe.cam_layer is not None
    assert "encoder" in probe.cam_layer


class Similarity(nn.Module):
    """CLIP and its kin: how near an image is to two sentences of seven words."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    def forward(self, pixel_values: Tensor) -> Tensor:
        words = torch.tensor([[2, 5, 6, 3, 7, 3, 1], [2, 9, 6, 4, 7, 3, 1]])
        if "Owl" in type(self.model).__name__:
            words = words.repeat(len(pixel_values), 1)
        output = self.model(input_ids=words, pixel_values=pixel_values)
        return output.logits_per_image if "logits_per_image" in output else output.logits.flatten(1)


def two_towers(name: str) -> nn.Module:
    part = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    words = part | {"vocab_size": 32, "eos_token_id": 1, "bos_token_id": 0, "pad_token_id": 0}
    configs = {"text_config": words | {"max_position_embeddings": 16}, "vision_config": part | {"image_size": 64}}
    configs["vision_config"]["patch_size"] = 16
    kind = "OwlViT" if name.startswith("OwlViT") else "CLIP"
    config = getattr(transformers, f"{kind}Config")(**configs, projection_dim=32)
    torch.manual_seed(0)
    return lively(getattr(transformers, name)(config))


@pytest.mark.parametrize("name", ["CLIPModel", "OwlViTForObjectDetection"])
def test_words_are_no_patches(name: str) -> None:
    probe = as_model(Similarity(two_towers(name)), (64, 64)).probe()
    patches, words = Patches(((4, 4),), 1), Text(7)
    found = {sides(layout) for layout in probe.layouts}
    assert found == {("token", patches, patches), ("branch", words, words)}
    assert probe.isotropic
    assert (probe.grid.rows, probe.grid.columns) == (4, 4)


def test_latents_are_no_queries() -> None:
    model = transformers.PerceiverForImageClassificationLearned(tiny_config("perceiver"))
    probe = as_model(Logits(lively(model)), input_size("perceiver")).probe()
    latents = {o.key_tokens for o in probe.layouts if o.kind == "branch"}
    assert [type(tokens) for tokens in latents] == [Latents]
    assert not any(isinstance(side, Queries) and side.num_tokens > 1 for o in probe.layouts for side in sides(o)[1:])


class Logits(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.model(pixel_values=pixel_values).logits


class OneQuery:
    """The watcher that keeps the last decoder layer's record, and the tensor it returned."""

    def __init__(self, probe: Probe) -> None:
        self.layouts, self.layout = probe.layouts, decoder(probe.layouts)
        self.record: AttentionRecord | None = None
        self.output: Tensor | None = None

    def before(self, call: AttentionCall) -> bool:
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        if self.layouts[call.index] is self.layout:
            self.record, self.output = AttentionRecord(0, self.layout, call.weights), output

    def hides(self, path: str, how: str) -> None:
        raise AssertionError(path + how)

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...


@pytest.mark.parametrize("name", [name for name in SIDES if name != "YolosForObjectDetection"])
def test_a_row_is_what_its_query_reads_of_the_image(name: str) -> None:
    module, probe = probed(name)
    watcher = OneQuery(probe)
    with AttentionTap(module, watcher):
        scores = module(noise(SIZE, 2)).unflatten(1, (NUM_QUERIES, -1))
    assert watcher.record is not None
    assert watcher.output is not None
    (moves,) = torch.autograd.grad(scores[1, 7].sum(), watcher.output)
    moves = moves.unflatten(0, (2, -1)) if len(moves) > 2 else moves
    assert moves.flatten(2, -1).shape[0] == 2
    rows = moves.abs().sum(-1).sum(1)  # (batch, query): images do not mix, and the row is the query's own number
    assert rows.nonzero().tolist() == [[1, 7]]
    weights = watcher.record.rows([7, 2])
    on_image, levels = watcher.record.image_rows([7, 2]), watcher.record.level_rows([7, 2])
    patches = watcher.record.layout.key_tokens
    assert isinstance(patches, Patches)
    assert [tuple(level.shape[-2:]) for level in levels] == list(patches.levels)
    assert on_image.shape == (2, 4, 2, *max(patches.levels))
    torch.testing.assert_close(torch.cat([level.flatten(3) for level in levels], 3), weights)
    torch.testing.assert_close(on_image.sum((3, 4)), weights.sum(3))


def test_sampling_points_of_a_query() -> None:
    module, probe = probed("DeformableDetrForObjectDetection")
    watcher = OneQuery(probe)
    with torch.no_grad(), AttentionTap(module, watcher):
        module(noise(SIZE, 2))
    assert watcher.record is not None
    points, weights = watcher.record.sampling([3])
    assert points.shape == (2, 4, 1, 16, 2)  # four points on each of four levels
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 1))
    inside = ((points > 0.1) & (points < 0.9)).all(-1)
    heavy = weights.masked_fill(~inside, 0)
    assert heavy.sum() > 0
    on_image = watcher.record.image_rows([3])
    assert (on_image.sum((3, 4)) <= 1 + 1e-5).all()
