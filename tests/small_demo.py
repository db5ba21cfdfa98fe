"""`vitx demo` on a few images: test_packaging.py runs it as it is."""

from functools import partial

import pytest


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo scores eight digits and three scenes."""
    from vitxplain.demo import run, scene_part

    monkeypatch.setattr(run, "run", partial(run.run, count=8))
    monkeypatch.setattr(scene_part, "scene_parts", partial(scene_part.scene_parts, count=3))
