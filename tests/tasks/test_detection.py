"""What a detector found: the model's library decides, or the form of the output, and both agree."""

from typing import Any

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers.utils.generic import ModelOutput

from tests.tasks.colours import COLOURS, Detector, cell, detector, painted, tensor_of
from vitxplain import explain, load_model
from vitxplain.errors import ModelLoadError, OptionError, TargetError, UsageError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.detection import BOXES, Detection, detection

NAMES = {0: "cat", 1: "dog", 2: "cow"}
BY_SOFTMAX = [transformers.DetrImageProcessorPil, transformers.YolosImageProcessorPil]
BY_SIGMOID = [
    transformers.ConditionalDetrImageProcessorPil,
    transformers.DeformableDetrImageProcessorPil,
    transformers.RTDetrImageProcessorPil,
]


def _outputs(seed: int, queries: int, logits: int) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return {
        LOGITS: torch.randn(1, queries, logits, generator=draw) * 3,
        BOXES: torch.rand(1, queries, 4, generator=draw) / 2 + 0.25,
    }


@pytest.mark.parametrize("processor", BY_SOFTMAX + BY_SIGMOID)
@given(seed=st.integers(0, 2**16), queries=st.integers(1, 12), min_score=st.sampled_from([0.0, 0.3, 0.5, 0.9]))
@settings(max_examples=20, deadline=None)
def test_what_is_found_is_what_the_library_finds(processor: Any, seed: int, queries: int, min_score: float) -> None:
    outputs = _outputs(seed, queries, 3 + (processor in BY_SOFTMAX))
    library = processor()
    by_library = detection(3, library).from_score(min_score)
    assert by_library.no_object is (processor in BY_SOFTMAX)
    found = by_library.find(outputs, Geometry.identity((60, 80)), NAMES)

    raw = ModelOutput(logits=outputs[LOGITS], pred_boxes=outputs[BOXES])
    made = library.post_process_object_detection(raw, threshold=min_score, target_sizes=[(60, 80)])[0]
    order = made["scores"].argsort(descending=True, stable=True)
    torch.testing.assert_close(torch.tensor([one.score for one in found]), made["scores"][order])
    assert [one.index for one in found] == made["labels"][order].tolist()
    assert [one.name for one in found] == [NAMES[one.index] for one in found]
    boxes = torch.tensor([one.box for one in found]).reshape(-1, 4)
    clipped = made["boxes"][order].clamp(min=0).minimum(torch.tensor([80.0, 60.0, 80.0, 60.0]))
    torch.testing.assert_close(boxes, clipped, atol=1e-3, rtol=1e-4)

    # The query that is said to have found it has this very score and box.
    shares = by_library.probabilities(outputs)[LOGITS][0]
    for one in found:
        assert float(shares[one.query, one.index]) == pytest.approx(one.score, abs=1e-6)

    # Libraries differ in how many pairs of query and class they keep; the form keeps as many as there are queries.
    by_form = Detection(3, min_score).find(outputs, Geometry.identity((60, 80)), NAMES)
    assert [(one.query, one.index) for one in by_form] == [(one.query, one.index) for one in found[:queries]]


def test_the_default_threshold_is_the_librarys() -> None:
    class Careful(transformers.DetrImageProcessorPil):
        def post_process_object_detection(self, outputs: Any, threshold: float = 0.9, target_sizes: Any = None) -> Any:
            return super().post_process_object_detection(outputs, threshold, target_sizes)

    assert detection(3, Careful()).min_score == 0.9
    assert detection(3, transformers.ViTImageProcessorPil()) == Detection(3)  # it knows nothing of objects


def test_by_sigmoid_one_query_is_found_once_for_each_of_its_classes() -> None:
    image = painted(("magenta", cell(1, 2)))
    both = explain(detector(no_object=False), image, "grad-cam", target="all")
    assert sorted(one.target.name for one in both) == ["blue", "red"]
    assert {one.query for one in both[0].detections} == {6}
    one = explain(detector(), image, "grad-cam", target="all", min_score=0.4)
    assert len(one) == 1  # by softmax a query has one class


def test_one_logit_more_is_a_class_where_the_library_says_sigmoid() -> None:
    outputs = {LOGITS: torch.tensor([[[0.0, 1.0, -2.0, 5.0]]]), BOXES: torch.full((1, 1, 4), 0.5)}
    found = detection(3, transformers.DeformableDetrImageProcessorPil()).find(outputs, Geometry.identity((9, 9)), NAMES)
    assert [one.index for one in found] == [3, 1, 0]
    assert found[0].name == "LABEL_3"
    found = (
        detection(3, transformers.DetrImageProcessorPil()).from_score(0).find(outputs, Geometry.identity((9, 9)), NAMES)
    )
    assert [one.index for one in found] == [1]

    class BySigmoid(transformers.DeformableDetrImageProcessorPil):
        def __init__(self) -> None:
            super().__init__(do_resize=False, do_normalize=False, do_pad=False)

    with pytest.raises(UsageError, match="3 labels were given for 4 classes"):
        load_model(Detector().eval(), processor=BySigmoid(), labels=COLOURS)
    model = load_model(Detector().eval(), processor=BySigmoid(), labels=[*COLOURS, "none"])
    assert (model.task.no_object, len(model.labels)) == (False, 4)


@pytest.mark.parametrize("named", [4, 5], ids=["classes", "no object too"])
def test_a_configuration_may_name_no_object_too(named: int) -> None:
    from tests.sweeps.detector_models import SIZE
    from tests.sweeps.detector_models import detector as tiny

    module: Any = tiny("YolosForObjectDetection")
    module.config.id2label = dict(enumerate(["cat", "dog", "cow", "ape", "none"][:named]))
    library = transformers.YolosImageProcessorPil(size=dict(zip(("height", "width"), SIZE, strict=True)))
    model = load_model(module, processor=library)
    assert model.labels == {0: "cat", 1: "dog", 2: "cow", 3: "ape"}
    explanation = explain(model, torch.rand(3, *SIZE), "grad-cam", min_score=0)
    assert explanation.prediction.names[0] in model.labels.values()


def test_as_many_logits_as_fit_no_classes_are_refused() -> None:
    with pytest.raises(ModelLoadError, match="gives 4 logits for each of its 16 queries, and its config.* names 9"):
        Detection(9).outputs(Detector()(torch.zeros(1, 3, 32, 32)))
    with pytest.raises(ModelLoadError, match="returns loss, logits; of an object detector logits and pred_boxes are"):
        Detection(9).outputs({"loss": 1, "logits": torch.zeros(1, 2, 3)})


def test_nothing_found_says_the_best_there_is() -> None:
    with pytest.raises(TargetError, match=r"no object from min_score 0.5 on: the best is red with [0-9.e-]+. A lower"):
        explain(detector(), painted(), "grad-cam")
    assert explain(detector(), painted(), "grad-cam", min_score=0).target is not None
    for wrong in (-0.1, 1.1, True):
        with pytest.raises(OptionError, match="min_score is .*; it takes a number from 0 to 1"):
            explain(detector(), painted(), "grad-cam", min_score=wrong)


def test_methods_about_no_object_show_where_nothing_is_found() -> None:
    torch.manual_seed(0)
    tiny: Any = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.YolosConfig(image_size=[32, 32], patch_size=8, num_detection_tokens=3, num_labels=2, **tiny)
    model = load_model(transformers.YolosForObjectDetection(config).eval(), mean=0.5, std=0.5, size=32)
    made = explain(model, painted(), "attention-rollout", min_score=1)
    assert (made.values.shape, made.target, made.detections) == ((4, 4), None, ())
    for method, target in (("attention-rollout", "object:0"), ("grad-cam", None)):
        with pytest.raises(TargetError, match="the model found no object from min_score 1 on: the best is LABEL"):
            explain(model, painted(), method, target=target, min_score=1)


def test_predictions_are_the_classes_by_the_best_of_their_objects() -> None:
    image = painted(("blue", cell(0, 0)), ("pale", cell(3, 3)))
    prediction = explain(detector(no_object=False), image, "grad-cam", top_k=2).prediction
    assert prediction.names == ("blue", "red")


# --- where it is on the image


def _letterboxed(image: Any) -> Tensor:
    """Wider images get black above and below, higher ones on both sides."""
    from PIL import ImageOps

    return tensor_of(ImageOps.pad(image, (32, 32), 0, color="black"))


def _cropped(image: Any) -> Tensor:
    from PIL import ImageOps

    return tensor_of(ImageOps.fit(image, (32, 32), 0))


def test_boxes_and_points_of_padded_images_are_pixels_of_the_original() -> None:
    model = detector(_letterboxed)
    image = painted(("red", (32, 16, 48, 32)), size=(64, 32))  # the input shows 16 px above and below
    explanation = explain(model, image, "grad-cam")
    assert explanation.target.box == pytest.approx((32, 16, 48, 32), abs=0.5)
    assert explain(model, image, "grad-cam", target="@40,20").target.name == "red"
    with pytest.raises(TargetError, match=r"'@30,20' lies in no object; found: object:0 red \(box:32,16,48,32\)"):
        explain(model, image, "grad-cam", target="@30,20")
    assert explain(model, image, "grad-cam", target="box:30,10,50,30").target.name == "red"


def test_boxes_of_cropped_images_are_pixels_of_the_original() -> None:
    image = painted(("red", (24, 8, 32, 16)), size=(64, 32))  # the input shows 16 to 48
    explanation = explain(detector(_cropped), image, "grad-cam")
    assert explanation.target.box == pytest.approx((24, 8, 32, 16), abs=0.5)


def test_boxes_end_at_the_image() -> None:
    """What of a box lies beyond the image is cut off."""
    outputs = {LOGITS: torch.zeros(1, 1, 4), BOXES: torch.tensor([[[0.5, 0.5, 2.0, 2.0]]])}
    found = Detection(3, 0.0).find(outputs, Geometry.identity((20, 40)), NAMES)
    assert found[0].box == (0.0, 0.0, 40.0, 20.0)
