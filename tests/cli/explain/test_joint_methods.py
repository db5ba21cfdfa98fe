"""Components of patches are those of all images of a command, however they are batched, and whatever cannot be read."""

from pathlib import Path

import numpy as np
from PIL import Image

from vitxplain import explain
from vitxplain.cli.explain.joint_methods import over_sources
from vitxplain.explainers.patch_pca import PatchPCA
from vitxplain.scale.image_sources import Source
from vitxplain.testing.models import tiny_vit


def test_all_images_that_can_be_read_are_seen_before_the_first(tmp_path: Path) -> None:
    model, random = tiny_vit(), np.random.default_rng(0)
    paths = [str(tmp_path / f"{number}.png") for number in range(3)]
    for path in paths:
        Image.fromarray(random.integers(0, 256, (32, 48, 3), dtype=np.uint8)).save(path)
    (tmp_path / "broken.png").write_bytes(b"none")
    sources = [*map(Source, paths), Source(str(tmp_path / "broken.png")), Source("gone.png", error="is not there")]
    fitted = over_sources(model, {"patch-pca": PatchPCA()}, sources, batch_size=2)["patch-pca"]
    for path, one in zip(paths, explain(model, paths, "patch-pca"), strict=True):
        np.testing.assert_allclose(explain(model, path, fitted).values, one.values, atol=1e-3)
    unfitted = over_sources(model, {"patch-pca": PatchPCA()}, sources[3:], batch_size=2)["patch-pca"]
    assert unfitted.is_joint
