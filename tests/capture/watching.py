"""A watcher that keeps all it is shown, and the plainest module attention can live in."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.weight_gradients import WeightGradients

Attend = Callable[[Tensor, Tensor, Tensor], tuple[Tensor | None, Tensor]]


@dataclass
class Seen:
    """What one attention call showed."""

    path: str
    scored: bool
    weights: Tensor
    output: Tensor | None = None
    gradient: Tensor | None = None
    by_head: list[tuple[Tensor, Tensor]] = field(default_factory=list)


@dataclass
class Recorder:
    """Keeps the weights of every call, and their gradients if asked to."""

    gradients: bool = False
    seen: dict[AttentionCall, Seen] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    arrivals: list[str] = field(default_factory=list)  # paths, in the order gradients came

    def before(self, call: AttentionCall) -> bool:
        self.seen[call] = Seen(call.path, call.scored, call.weights.full().detach())
        return self.gradients

    def after(self, call: AttentionCall, output: Tensor) -> None:
        self.seen[call].output = output

    def hides(self, path: str, how: str) -> None:
        self.hidden.append(f"{path} {how}")

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None:
        one = self.seen[call]
        one.gradient = gradients.full()
        one.by_head = list(gradients.slices(1))
        self.arrivals.append(call.path)


def watch(module: nn.Module, *inputs: Tensor, gradients: bool = False) -> tuple[list[Seen], Tensor]:
    """The calls of one pass and the module's output; with `gradients` those of `score(output)`."""
    recorder = Recorder(gradients)
    with torch.no_grad():
        with AttentionTap(module, recorder) as tap:
            output = module(*inputs)
        if gradients:
            with torch.enable_grad():
                torch.autograd.grad(score(output), tap.starts)
    assert not recorder.hidden
    return list(recorder.seen.values()), output.detach()


def score(output: Tensor) -> Tensor:
    """A number that depends on every entry, on each in another way."""
    mixing = torch.randn(output.shape[1:], generator=torch.Generator().manual_seed(1))
    return (output.float() * mixing).sum()


class Attention(nn.Module):
    """Self-attention on (batch, token, channel). `attend(query, key, value)`, all (batch, head, token, channel), is
    what is tried: it returns the weights it used and its output."""

    def __init__(self, attend: Attend, heads: int = 3, width: int = 12) -> None:
        super().__init__()
        self.attend, self.heads = attend, heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.used: Tensor | None = None
        with torch.no_grad():
            self.qkv.weight[: 2 * width] *= 4  # random weights attend almost uniformly

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        self.used, output = self.attend(query, key, value)
        return self.proj(output.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention somewhere inside, so that it has a path."""

    def __init__(self, attend: Attend, depth: int = 1) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Attention(attend) for _ in range(depth))

    def forward(self, tokens: Tensor) -> Tensor:
        for layer in self.layers:
            tokens = tokens + layer(tokens)
        return tokens


def tokens(batch: int = 2, count: int = 6, width: int = 12) -> Tensor:
    return torch.randn(batch, count, width, generator=torch.Generator().manual_seed(0))
