"""Short names for models to start with (`vitx models`); this module imports nothing heavy."""

from dataclasses import dataclass
from pathlib import Path

from vitxplain.errors import ModelLoadError
from vitxplain.files.paths import is_folder

DEFAULT = "google/vit-base-patch16-224"
OWN_TYPES = "vitxplain_"  # how the `model_type` of those begins that are trained from scratch


@dataclass(frozen=True)
class Suggestion:
    """One model worth knowing."""

    source: str
    family: str
    good_for: str


ALIASES: dict[str, Suggestion] = {
    "vit-base": Suggestion(DEFAULT, "ViT", "the default: the original vision transformer, class token"),
    "vit-large": Suggestion("google/vit-large-patch16-224", "ViT", "the same with 24 layers and 16 heads"),
    "vit-base-384": Suggestion("google/vit-base-patch16-384", "ViT", "finer maps: 24 x 24 patches"),
    "deit-tiny": Suggestion("facebook/deit-tiny-patch16-224", "ViT", "fast on any computer: 6 million weights"),
    "deit-small": Suggestion("facebook/deit-small-patch16-224", "ViT", "small and accurate"),
    "deit-base-distilled": Suggestion(
        "facebook/deit-base-distilled-patch16-224", "ViT", "two prefix tokens: class and distillation"
    ),
    "dinov2-small": Suggestion(
        "facebook/dinov2-small-imagenet1k-1-layer", "ViT", "self-supervised features, 14 px patches, any image size"
    ),
    "dinov2-registers": Suggestion(
        "facebook/dinov2-with-registers-small-imagenet1k-1-layer", "ViT", "register tokens: clean attention maps"
    ),
    "beit-base": Suggestion("microsoft/beit-base-patch16-224", "ViT", "relative positions, mean-pooled patches"),
    "swin-tiny": Suggestion("microsoft/swin-tiny-patch4-window7-224", "hierarchical", "shifted-window attention"),
    "swinv2-tiny": Suggestion("microsoft/swinv2-tiny-patch4-window8-256", "hierarchical", "windows, second version"),
    "pvt-tiny": Suggestion("Zetatech/pvt-tiny-224", "hierarchical", "attention over a pyramid of maps"),
    "mobilevit-small": Suggestion("apple/mobilevit-small", "hybrid", "convolutions and attention for phones"),
    "resnet-50": Suggestion("microsoft/resnet-50", "CNN", "the classic convolutional network"),
    "convnext-tiny": Suggestion("facebook/convnext-tiny-224", "CNN", "a modern convolutional network"),
    "efficientnet-b0": Suggestion("google/efficientnet-b0", "CNN", "a small, efficient convolutional network"),
}


DIGIT_MODELS = ("demo-vit", "demo-cnn")
SCENE_MODELS = ("demo-detector", "demo-segmenter")
NAMES = (*DIGIT_MODELS, *SCENE_MODELS)
FOLDER = Path(__file__).resolve().parents[1] / "demo_models"


def is_here(name: str) -> bool:
    """Whether this installation brings the demo model."""
    return is_folder(FOLDER / name)


def demo_folder(name: str) -> Path:
    """The folder of a demo model.

    Raises:
        ModelLoadError: this installation came without it.
    """
    if not is_here(name):
        raise ModelLoadError(
            f"this installation of vitxplain comes without {name}; name a folder or a Hub id, or see `vitx models`."
        )
    return FOLDER / name


def demo_hint() -> str:
    """A clause that offers the demo model, where that would work."""
    return ", use `--model demo-vit` (it is in the package)" if is_here("demo-vit") else ""
