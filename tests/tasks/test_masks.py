"""Segmenters whose queries find masks: what is found is the library's panoptic segmentation."""

from typing import Any

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tasks.colours import cell, mask_finder, painted, tensor_of
from vitxplain import explain, load_model
from vitxplain.errors import ModelLoadError, TargetError
from vitxplain.geometry import Geometry
from vitxplain.models.processors.forward_inputs import forward_inputs
from vitxplain.models.processors.task_words import TaskWords
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.leaves import detached
from vitxplain.tasks.masks import MASKS, Masks, segmentation_by_masks

NAMES = {0: "cat", 1: "dog", 2: "cow"}
IMAGE = painted(("red", cell(0, 1)), ("blue", cell(2, 2)), ("blue", cell(3, 0)))


@given(seed=st.integers(0, 2**16), min_score=st.sampled_from([0.01, 0.4, 0.6]))
@settings(max_examples=25, deadline=None)
def test_segments_are_those_of_the_library(seed: int, min_score: float) -> None:
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(1, 6, 4, generator=draw) * 3
    masks = torch.randn(1, 6, 5, 7, generator=draw) * 2 - 3
    masks[0, torch.arange(6), :, torch.arange(6)] += 12  # each query has a column of its own
    found = Masks(3, min_score).find({LOGITS: logits, MASKS: masks}, Geometry.identity((50, 70)), NAMES)
    made = transformers.MaskFormerImageProcessorPil().post_process_panoptic_segmentation(
        transformers.utils.ModelOutput(class_queries_logits=logits, masks_queries_logits=masks.clone()),
        threshold=min_score,
        label_ids_to_fuse=set(),
    )[0]
    segments = sorted(made["segments_info"], key=lambda one: one["score"])
    in_order = sorted(found, key=lambda one: one.score)
    assert [one.index for one in in_order] == [one["label_id"] for one in segments]
    assert [one.score for one in in_order] == pytest.approx([one["score"] for one in segments], abs=2e-6)
    for one, segment in zip(in_order, segments, strict=True):
        np.testing.assert_array_equal(one.mask, (made["segmentation"] == segment["id"]).numpy())
        assert float(logits.softmax(-1)[0, one.query, one.index]) == pytest.approx(one.score)


@pytest.mark.parametrize(
    ("target", "name", "label"),
    [
        (None, "blue", "segment-0"),
        ("segment:1", "red", "segment-1"),
        ("red", "red", "segment-1"),
        ("blue#0", "blue", "segment-0"),
        ("@20,20", "blue", "segment-0"),
        ("box:8,0,16,8", "red", "segment-1"),
        ("red~blue", "red ~ blue", "segment-1~blue"),
        (np.asarray(IMAGE)[..., 2] > 0, "blue", "segment-0"),
    ],
)
def test_every_spelling_names_its_segment(target: Any, name: str, label: str) -> None:
    model = mask_finder()
    before = model.module.passes
    model.probe()
    passes = model.module.passes - before
    explained = explain(model, IMAGE, "grad-cam", target=target)
    assert model.module.passes - before == passes + 1
    assert (explained.target.name, explained.target.label) == (name, label)
    assert np.isfinite(explained.values).all()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("green", "'green' does not exist; found: segment:0 blue .*, segment:1 red"),
        ("segment:2", "'segment:2' does not exist; found: segment:0 blue"),
        ("@99,2", "lies outside the image of 32 x 32 px"),
    ],
)
def test_what_is_not_there_is_said(target: str, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        explain(mask_finder(), IMAGE, "grad-cam", target=target)


def test_nothing_found_is_said() -> None:
    with pytest.raises(TargetError, match="the model found no segment from min_score 0.5 on: the best is "):
        explain(mask_finder(), painted(), "grad-cam")


def test_the_score_is_class_times_mask_over_the_region() -> None:
    model = mask_finder()
    outputs = detached(model.outputs(tensor_of(IMAGE)[None]))
    shares, masks = outputs[LOGITS][0].softmax(-1), outputs[MASKS][0].sigmoid()
    blue, red = model.task.find(outputs, Geometry.identity((32, 32)), model.labels)
    assert blue.mask[2, 2]
    assert red.mask[0, 1]
    for target, expected in {
        "blue": shares[2, 2] * masks[2][torch.from_numpy(blue.mask)].sum(),
        "red~blue": (shares[0, 0] - shares[0, 2]) * masks[0][torch.from_numpy(red.mask)].sum(),
    }.items():
        score = model.task.target(target, model.labels).fixed(outputs).score(outputs)
        assert float(score) == pytest.approx(float(expected)), target
    against = explain(model, IMAGE, "grad-cam", target="red~blue").target.against
    assert (against.name, against.probability) == ("blue", pytest.approx(float(shares[0, 2])))


def test_images_and_targets_are_each_as_if_alone() -> None:
    images = [IMAGE, painted(("green", cell(1, 1)))]
    together = explain(mask_finder(), images, "grad-cam", target="all")
    assert [[one.target.name for one in of_image] for of_image in together] == [["blue", "red"], ["green"]]
    for of_image, image in zip(together, images, strict=True):
        for one in of_image:
            alone = explain(mask_finder(), image, "grad-cam", target=one.target.name)
            np.testing.assert_allclose(one.values, alone.values, atol=1e-6)
    assert not np.allclose(together[0][0].values, together[0][1].values)


def test_what_cannot_be_given_or_read_is_refused() -> None:
    with pytest.raises(ModelLoadError, match="gives 4 logits for each of its 2 queries, and its configuration names 9"):
        Masks(9).outputs({"logits": torch.zeros(1, 2, 4), "pred_masks": torch.zeros(1, 2, 3, 3)})
    with pytest.raises(ModelLoadError, match="returns logits; of each query logits and a mask are expected"):
        Masks(9).outputs({"logits": torch.zeros(1, 2, 4)})


class Asks(torch.nn.Module):
    """A segmenter that is told its task."""

    config = transformers.OneFormerConfig(task_seq_len=4)

    def forward(self, pixel_values: Any, task_inputs: Any) -> Any:
        return task_inputs


def test_a_segmenter_that_is_told_its_task_is_told_it_in_its_own_words() -> None:
    with pytest.raises(ModelLoadError, match="wants its task in words .* give its OneFormerProcessor as processor="):
        forward_inputs(Asks(), (32, 32))

    def words(texts: list[str], **how: Any) -> dict[str, list[list[int]]]:
        assert (texts, how["max_length"]) == (["the task is panoptic"], 4)
        return {"input_ids": [[7, 5, 6, 6]], "attention_mask": [[1, 1, 1, 0]]}

    inputs = forward_inputs(Asks(), (32, 32), TaskWords(words, 4))(torch.zeros(2, 3, 8, 8))
    assert inputs["task_inputs"].tolist() == [[7, 5, 6, 0]] * 2


SIZES: dict[str, Any] = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16, "patch_size": 8}
EOMT = {"num_hidden_layers": 2, "num_queries": 5, "num_blocks": 1, "num_upscale_blocks": 1, "num_labels": 3}


def test_a_segmenter_of_transformers_is_explained() -> None:
    torch.manual_seed(0)
    config = transformers.EomtConfig(**SIZES, **EOMT, image_size=32)
    model = load_model(transformers.EomtForUniversalSegmentation(config).eval(), mean=0.5, std=0.5, size=32)
    assert model.task == Masks(3)
    images = torch.randn(2, 3, 32, 32)
    together = explain(model, images, "gradient-activation", min_score=0)
    for image, made in zip(images, together, strict=True):
        alone = explain(model, image, "gradient-activation", min_score=0)
        assert made.target == alone.target
        assert np.abs(made.values).max() > 0
        np.testing.assert_allclose(made.values, alone.values, rtol=1e-3, atol=1e-9)


def _queries(seed: int) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    masks = torch.randn(1, 6, 5, 7, generator=draw) * 2 - 3
    masks[0, torch.arange(6), :, torch.arange(6)] += 12
    return {LOGITS: torch.randn(1, 6, 4, generator=draw) * 3, MASKS: masks}


PROCESSORS = {
    "Mask2FormerImageProcessorPil": 0.5,
    "MaskFormerImageProcessorPil": 0.5,
    "DetrImageProcessorPil": 0.5,
    "EomtImageProcessorPil": 0.8,
}


@pytest.mark.parametrize(("name", "threshold"), PROCESSORS.items())
def test_the_processor_that_a_model_came_with_says_what_was_found(name: str, threshold: float) -> None:
    processor = getattr(transformers, name)()
    task = segmentation_by_masks(3, processor)
    assert task.min_score == threshold
    count = 0
    for seed in range(6):
        outputs = _queries(seed)
        named = {"class_queries_logits": outputs[LOGITS], "masks_queries_logits": outputs[MASKS].clone()}
        raw = transformers.utils.ModelOutput(**named, logits=outputs[LOGITS], pred_masks=outputs[MASKS].clone())
        made = processor.post_process_panoptic_segmentation(raw, target_sizes=[(5, 7)])[0]
        found = task.find(outputs, Geometry.identity((50, 70)), NAMES)
        assert len(found) == len(made["segments_info"])
        for segment in made["segments_info"]:
            place = np.asarray(made["segmentation"]) == segment["id"]
            one = next(one for one in found if np.array_equal(one.mask, place))
            assert (one.index, one.score) == (segment["label_id"], pytest.approx(segment["score"], abs=2e-6))
            assert float(outputs[LOGITS].softmax(-1)[0, one.query, one.index]) == pytest.approx(one.score)
            count += 1
    assert count > 3


def test_where_the_library_needs_what_is_not_there_the_form_of_the_output_decides() -> None:
    class Broken:
        def post_process_panoptic_segmentation(self, outputs: Any, threshold: float = 0.7, target_sizes: Any = None):
            raise NameError("name 'tvF' is not defined")

    assert segmentation_by_masks(3, Broken()) == Masks(3, 0.7, True)
    assert segmentation_by_masks(3, Broken()).post_processing is None


@pytest.mark.peers
def test_masks_by_sigmoid_are_those_of_the_library() -> None:
    outputs = _queries(1)
    raw = transformers.utils.ModelOutput(logits=outputs[LOGITS], pred_masks=outputs[MASKS])
    processor = transformers.RfDetrImageProcessor()
    made = processor.post_process_instance_segmentation(raw, return_binary_maps=True)[0]
    found = segmentation_by_masks(4, processor).find(outputs, Geometry.identity((50, 70)), {**NAMES, 3: "hen"})
    assert len(found) == len(made["segments_info"]) > 3
    for segment, mask in zip(made["segments_info"], made["segmentation"], strict=True):
        one = next(one for one in found if one.score == pytest.approx(segment["score"], abs=2e-6))
        np.testing.assert_array_equal(one.mask, mask)
        assert one.index == segment["label_id"]


def test_each_class_is_for_itself_where_no_logit_says_that_there_is_nothing() -> None:
    outputs = _queries(0)
    task = Masks(4, 0.3)
    first, *_ = task.find(outputs, Geometry.identity((50, 70)), {**NAMES, 3: "hen"})
    share = outputs[LOGITS][0, first.query, first.index].sigmoid()
    assert first.score == pytest.approx(float(share))
    np.testing.assert_array_equal(first.mask, outputs[MASKS][0, first.query] > 0)
    score = task.target(None, {**NAMES, 3: "hen"}).fixed(outputs).score(outputs)
    expected = share * outputs[MASKS][0, first.query].sigmoid()[torch.from_numpy(first.mask)].sum()
    assert float(score) == pytest.approx(float(expected))
