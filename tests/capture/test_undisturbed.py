import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest
import torch
import transformers
from torch import nn

from tests.capture.state import state
from tests.models.tiny_vit import tiny_vit
from vitxplain.capture.undisturbed import ready, undisturbed
from vitxplain.errors import CaptureError


def in_training(module: nn.Module) -> nn.Module:
    return module.train()


def partly_in_training(module: nn.Module) -> nn.Module:
    module.get_submodule("vit.layers.1").train()
    return module


def frozen(module: nn.Module) -> nn.Module:
    return module.requires_grad_(False)


def with_gradients(module: nn.Module) -> nn.Module:
    module(torch.randn(1, 3, 32, 32)).logits.sum().backward()
    return module


def with_hooks(module: nn.Module) -> nn.Module:
    module.register_forward_hook(lambda *_: None)
    module.get_submodule("vit.layers.0").register_full_backward_hook(lambda *_: None)
    return module


def checkpointed(module: nn.Module) -> nn.Module:
    getattr(module, "activation_checkpointing_enable", module.gradient_checkpointing_enable)()  # its earlier name
    return module.train()


def flexible(module: nn.Module) -> nn.Module:
    module.set_attn_implementation("flex_attention")
    return module


CONDITIONS = [in_training, partly_in_training, frozen, with_gradients, with_hooks, checkpointed, flexible]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("fails", [False, True])
def test_the_module_is_left_as_found(condition: Callable[[nn.Module], nn.Module], fails: bool) -> None:
    module = condition(tiny_vit())
    before = state(module)
    with pytest.raises(RuntimeError, match="in the middle") if fails else nullcontext(), undisturbed(module):
        assert not any(part.training for part in module.modules())
        assert not any(getattr(part, "gradient_checkpointing", False) for part in module.modules())
        assert module.config._attn_implementation == "sdpa"
        if fails:
            raise RuntimeError("in the middle")
    assert state(module) == before


def test_passes_may_lie_within_each_other() -> None:
    module = in_training(tiny_vit())
    before = state(module)
    with undisturbed(module):
        with undisturbed(module), undisturbed(module.vit):
            pass
        assert not any(part.training for part in module.modules())
    assert state(module) == before


@contextmanager
def in_a_thread_of_its_own(module: nn.Module) -> Iterator[None]:
    """A pass that another thread began, and ends when this leaves."""
    begun, over = threading.Event(), threading.Event()

    def run() -> None:
        with undisturbed(module):
            begun.set()
            over.wait()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    yield
    over.set()
    thread.join()


def test_passes_of_two_threads_may_overlap_in_any_order() -> None:
    module = in_training(tiny_vit())
    before = state(module)
    with in_a_thread_of_its_own(module):
        inner = undisturbed(module)
        inner.__enter__()
    assert not any(part.training for part in module.modules())  # the one that began first is over, this is not
    assert torch._dynamo.eval_frame._stance.stance == "force_eager"
    inner.__exit__(None, None, None)
    assert state(module) == before


@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_the_caller_s_own_mode_comes_back(mode: Callable[[], AbstractContextManager]) -> None:
    module = nn.Linear(2, 2)
    with mode():
        before = (torch.is_grad_enabled(), torch.is_inference_mode_enabled())
        with undisturbed(module):
            assert not torch.is_grad_enabled()
            assert not torch.is_inference_mode_enabled()
            torch.set_grad_enabled(True)
        assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == before


def test_timm_s_checkpointing_flag_is_off_meanwhile() -> None:
    class Stage(nn.Module):
        grad_checkpointing = True

    module = Stage()
    module.inner = Stage().eval()
    module.inner.grad_checkpointing = False
    with undisturbed(module):
        assert not module.grad_checkpointing
    assert module.grad_checkpointing
    assert not module.inner.grad_checkpointing


def test_a_transformers_model_inside_another_module_shows_its_attention() -> None:
    inner = flexible(tiny_vit())
    outer = nn.Sequential(nn.Identity(), inner)
    with undisturbed(outer):
        assert inner.config._attn_implementation == "sdpa"
    assert inner.config._attn_implementation == "flex_attention"


def test_eager_attention_stays_eager() -> None:
    module = tiny_vit(attn_implementation="eager")
    with undisturbed(module):
        assert module.config._attn_implementation == "eager"


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize("make", [torch.jit.script, lambda part: torch.jit.trace(part, torch.zeros(1, 2))])
def test_script_modules_are_named(make: Callable[[nn.Module], nn.Module]) -> None:
    module = nn.Sequential(nn.ReLU(), make(nn.Linear(2, 2).eval())).train()
    before = [part.training for part in module.modules()]
    with pytest.raises(CaptureError, match=r"^1 is a TorchScript module .* before torch\.jit"), undisturbed(module):
        pass
    assert [part.training for part in module.modules()] == before


def test_a_module_is_not_kept_alive() -> None:
    module = nn.Linear(2, 2)
    with undisturbed(module):
        pass
    gone = weakref.ref(module)
    del module
    gc.collect()
    assert gone() is None


def test_tensors_of_inference_mode_are_cloned_and_others_are_not() -> None:
    with torch.inference_mode():
        born = torch.ones(2)
    assert ready(born).requires_grad_().sum().requires_grad
    plain = torch.ones(2)
    assert ready(plain) is plain


def test_batch_statistics_do_not_move() -> None:
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic", num_labels=3)
    module = transformers.ResNetForImageClassification(config).train()
    before = state(module)
    with undisturbed(module):
        module(torch.ones(2, 3, 32, 32))
    assert state(module) == before
