"""ModelOptions: how a model is loaded, the options of every command with a model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vitxplain.cli.shared.options import Activation, Device, Dtype, ImageSize, Output, Revision, TrustRemoteCode
from vitxplain.models.startup import end_startup

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True)
class ModelOptions:
    """Taken by a command as `*, model_options: ModelOptions`, behind its own `model: Model = DEFAULT`."""

    image_size: ImageSize = None
    device: Device = "auto"
    dtype: Dtype = "auto"
    output: Output = "auto"
    activation: Activation = "auto"
    revision: Revision = None
    trust_remote_code: TrustRemoteCode = False

    def load(self, model: str) -> "VisionModel":
        """The model of this source, with these options.

        Raises:
            ModelLoadError, UsageError: there is no such model, device, type or size.
        """
        import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

        from vitxplain.models.loading.load import load_model

        try:
            return load_model(
                model,
                revision=self.revision,
                device=self.device,
                dtype=self.dtype,
                output=self.output,
                activation=self.activation,
                image_size=self.image_size,
                trust_remote_code=self.trust_remote_code,
            )
        finally:  # where no model of transformers was opened
            end_startup()
