"""Copies of a model whose learned weights are destroyed layer by layer, from the output back to the input."""

from collections.abc import Callable, Iterator
from copy import deepcopy

import torch
from torch import nn


def cascade(module: nn.Module, run: Callable[[nn.Module], object], stages: int, seed: int) -> Iterator[nn.Module]:
    """As many copies as stages, each with more of its modules randomised: the last has all of them.

    Each tensor of parameters gets its own values in another order. That works for any module, whoever wrote it:
    `reset_parameters` is missing on many (class tokens, position tables, layer scales), and the initial values it
    gives are seldom those the model was trained from, so that activations vanish or attention becomes uniform and the
    map changes for that reason alone. A tensor whose values are all equal stays as it is, and so do buffers
    (the running statistics of batch norm).

    Args:
        module: left as found.
        run: makes one forward pass of a copy; in which order modules run is seen there, not guessed from their names.
        stages: how many copies.
        seed: of the orders.

    Source: Adebayo et al. 2018, arXiv 1810.03292, section 3.1 (cascading randomisation).
    """
    chance = torch.Generator().manual_seed(seed)
    copy, done = deepcopy(module), 0
    owners = from_the_output(copy, run)
    shuffled: set[str] = set()
    for stage in range(1, stages + 1):
        if stage > 1:
            copy = deepcopy(copy)
        until = -(-len(owners) * stage // stages)
        for owner in owners[done:until]:
            _shuffle(copy, owner, chance, shuffled)
        done = until
        yield copy


def from_the_output(module: nn.Module, run: Callable[[nn.Module], object]) -> list[str]:
    """Names of the modules that own parameters, the one that runs last first.

    One that is never called itself (the output projection of `nn.MultiheadAttention`) stands with the module around it.
    """
    begun: list[str] = []
    hooks = [
        part.register_forward_pre_hook(lambda *_, name=name: begun.append(name))
        for name, part in module.named_modules()
    ]
    try:
        run(module)
    finally:
        for hook in hooks:
            hook.remove()
    last = {name: moment for moment, name in enumerate(begun)}

    def moment(name: str) -> int:
        while name and name not in last:
            name = name.rpartition(".")[0]
        return last.get(name, -1)

    owners = [name for name, part in module.named_modules() if next(part.parameters(recurse=False), None) is not None]
    return sorted(owners, key=moment)[::-1]


def _shuffle(module: nn.Module, owner: str, chance: torch.Generator, done: set[str]) -> None:
    """The module's own parameters, each in another order; one that several modules share is shuffled once."""
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    with torch.no_grad():
        for parameter in module.get_submodule(owner).parameters(recurse=False):
            if (name := names[id(parameter)]) not in done:
                order = torch.randperm(parameter.numel(), generator=chance).to(parameter.device)
                parameter.copy_(parameter.flatten()[order].view_as(parameter))
                done.add(name)
