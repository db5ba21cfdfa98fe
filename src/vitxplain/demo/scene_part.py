"""The demo's part about scenes: the detector and the segmenter in the box, beside what is truly there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.demo.scene_scores import SceneScore, scene_table
from vitxplain.demo.scene_sheet import scene_sheet
from vitxplain.demo.scenes import Scene, explained_scenes
from vitxplain.files.write import write_together
from vitxplain.models.known_models import SCENE_MODELS
from vitxplain.models.loading.load import load_model
from vitxplain.render.figure import png_bytes

COUNT, SHOWN = 24, 5  # scenes scored, and of these drawn


@dataclass(frozen=True)
class ScenePart:
    """One model on scenes: `scores` has its row, then those of the controls; `picture` is a PNG file."""

    model: str
    task: str
    scores: tuple[SceneScore, ...]
    picture: bytes = field(repr=False)
    count: int  # scenes
    shown: tuple[Scene, ...] = field(default=(), repr=False)  # those of the picture
    file: Path | None = None  # where the picture lies, if it was written


def scene_parts(
    report: Callable[[str], None],
    count: int = COUNT,
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[ScenePart]:
    """Each model in the box that is for scenes on `count` of the test split.

    `report` is told what is begun, `progress` how far it is; `folder` gets each model's picture as soon as it is made.

    Raises:
        ModelLoadError: this installation came without the models.
        OutputError: the folder cannot be written.
    """
    parts = []
    for name in SCENE_MODELS:
        model = load_model(name, device="cpu")
        report(f"{name}: {count} scenes")
        scenes = []
        for scene in explained_scenes(model, Scenes("test", size=model.processor.input_size, count=count)):
            scenes.append(scene)
            progress(f"{name}: {len(scenes)} of {count} scenes")
        picture = png_bytes(scene_sheet(name, scenes[:SHOWN]))
        files = write_together({folder / f"{name}.png": picture}) if folder is not None else []
        table = tuple(scene_table(name, scenes))
        parts.append(ScenePart(name, model.task.name, table, picture, count, tuple(scenes[:SHOWN]), *files))
    return parts
