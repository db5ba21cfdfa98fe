"""LoraOptions: options of the adapters of mode=lora; importing it needs neither torch nor peft."""

from dataclasses import dataclass

from vitxplain.errors import OptionError


@dataclass(frozen=True, kw_only=True)
class LoraOptions:
    """Options of the adapters.

    Attributes:
        lora_rank: width of an adapter.
        lora_alpha: adapters are scaled by alpha / rank.
        lora_dropout: of what enters an adapter, a probability.
    """

    lora_rank: int = 8
    lora_alpha: int = 16
    lora_dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.lora_rank < 1 or self.lora_alpha <= 0:
            raise OptionError(f"lora_rank {self.lora_rank} and lora_alpha {self.lora_alpha} must be above 0.")
        if not 0 <= self.lora_dropout < 1:
            raise OptionError(
                f"lora_dropout is {self.lora_dropout}; it takes a number from 0 to 1 (1 itself excluded)."
            )
