"""Images that a processor pads: the model is told of the padding, and what it finds lies where it lies without."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from vitxplain import explain, load_model
from vitxplain.errors import UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.gradient_activation import GradientActivation
from vitxplain.explainers.objects.cross_attention import CrossAttention
from vitxplain.explainers.objects.gradient_cross_attention import GradientCrossAttention
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.models import tiny_detector

SIZE = {"shortest_edge": 32, "longest_edge": 64}
SQUARE = {"height": 64, "width": 64}


def noise(height: int, width: int, seed: int = 0) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Image.fromarray(levels).resize((width, height), Image.Resampling.NEAREST)


WIDE, TALL = noise(32, 64), noise(64, 32, seed=1)


def detector(**padding: object) -> VisionModel:
    """A DETR whose convolutions see nothing beside their own place, so that padding is no neighbour of the image."""
    tiny = tiny_detector()
    for module in tiny.module.modules():
        if isinstance(module, torch.nn.Conv2d) and module.kernel_size != (1, 1):
            centre = torch.zeros_like(module.weight)
            middle = module.kernel_size[0] // 2
            centre[..., middle, middle] = module.weight[..., middle, middle].detach()
            module.weight.data = centre
    processor = transformers.ConditionalDetrImageProcessorPil(size=SIZE, **padding)
    model = load_model(tiny.module, processor=processor)
    return replace(model, task=model.task.from_score(0.0))


@pytest.fixture(scope="module")
def padded() -> VisionModel:
    return detector(pad_size=SQUARE)


@pytest.fixture(scope="module")
def plain() -> VisionModel:
    return detector()


def test_the_model_is_told_of_padding_as_by_its_own_library(padded: VisionModel, plain: VisionModel) -> None:
    assert padded.processor.image_part((32, 64)) == ImagePart(32, 64)
    assert plain.processor.image_part((32, 64)) is None
    own = padded.processor.library(images=[WIDE, TALL], return_tensors="pt")
    with torch.no_grad():
        together = padded.module(**own)
    for number, image in enumerate((WIDE, TALL)):
        pixels = padded.processor([image])
        part = padded.processor.image_part((image.height, image.width))
        alone = padded.on_part(part).output(pixels)
        torch.testing.assert_close(alone.logits[0], together.logits[number])
        torch.testing.assert_close(alone.pred_boxes[0], together.pred_boxes[number])
        assert not torch.allclose(padded.output(pixels).logits[0], together.logits[number])


@pytest.mark.parametrize(
    "method", [GradientActivation(), CrossAttention("mean"), GradientCrossAttention()], ids=lambda m: type(m).__name__
)
def test_a_padded_image_is_explained_as_it_is_alone(padded: VisionModel, plain: VisionModel, method: Explainer) -> None:
    for image, one in zip((WIDE, TALL), explain(padded, [WIDE, TALL], method), strict=True):
        alone = explain(plain, image, method)
        assert (one.target.index, one.target.label) == (alone.target.index, "object-0")
        assert one.target.box == pytest.approx(alone.target.box, abs=0.05)
        np.testing.assert_allclose(one.heatmap(), alone.heatmap(), atol=2e-3)  # where padding begins is measured
        rows, columns = alone.values.shape
        highest = np.abs(alone.values).max()
        np.testing.assert_allclose(one.values[:rows, :columns], alone.values, atol=1e-5 * highest)
        on_padding = one.values.copy()
        on_padding[:rows, :columns] = 0
        assert one.values.size == 2 * alone.values.size
        assert np.abs(on_padding).max() < 1e-6 * highest


def test_padding_asks_nothing_of_the_image(padded: VisionModel, plain: VisionModel) -> None:
    """The oracle: eager attention of the encoder, whose rows of real places alone are averaged, one by one."""
    images = [WIDE, noise(32, 64, seed=3)]
    padded.module.config._attn_implementation = "eager"
    with torch.no_grad():
        own = padded.processor.library(images=images, return_tensors="pt")
        attentions = padded.module(**own, output_attentions=True).encoder_attentions[0]
    for image, made, attention in zip(images, explain(padded, images, "raw-attention"), attentions, strict=True):
        rows, columns = made.values.shape[-2:]
        real = [row * columns + column for row in range(rows // 2) for column in range(columns)]
        for head, weights in enumerate(attention):
            expected = sum(weights[place] for place in real) / len(real)
            np.testing.assert_allclose(made.values[-1, head].ravel(), expected.numpy(), atol=1e-6)
        assert np.abs(made.values[..., rows // 2 :, :]).max() == 0
        alone = explain(plain, image, "raw-attention").values
        np.testing.assert_allclose(made.values[..., : rows // 2, :], alone, atol=1e-5)


def test_images_of_a_mixed_batch_are_as_alone(padded: VisionModel) -> None:
    images = [WIDE, TALL, noise(48, 64), noise(32, 64, seed=2)]
    together = explain(padded, images, "gradient-activation")
    for image, of_batch in zip(images, together, strict=True):
        alone = explain(padded, image, "gradient-activation")
        np.testing.assert_allclose(of_batch.values, alone.values, rtol=1e-4, atol=1e-6 * np.abs(alone.values).max())


def test_a_mask_of_another_form_is_refused() -> None:
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[2:] = True
    with pytest.raises(UsageError, match="elsewhere than at the right and at the bottom"):
        ImagePart.stated(mask)
    assert ImagePart.stated(torch.ones(4, 4, dtype=torch.bool)) is None


def test_a_processor_of_few_settings_may_make_a_mask() -> None:
    class Padding:
        def preprocess(self, images: list[Image.Image], return_tensors: str) -> dict[str, torch.Tensor]:
            pixels, mask = torch.zeros(len(images), 3, 64, 64), torch.zeros(len(images), 64, 64, dtype=torch.bool)
            for number, image in enumerate(images):
                small = image.resize((64, 64 * image.height // image.width))
                pixels[number, :, : small.height] = torch.from_numpy(np.array(small)).permute(2, 0, 1) / 255
                mask[number, : small.height] = True
            return {"pixel_values": pixels, "pixel_mask": mask}

        __call__ = preprocess

    processor = wrap_processor(Padding())
    assert processor.image_part((32, 64)) == ImagePart(32, 64)
    assert processor.image_part((50, 50)) is None
    assert [positions for positions, _ in processor.groups([WIDE, noise(64, 64), WIDE])] == [[0, 2], [1]]
