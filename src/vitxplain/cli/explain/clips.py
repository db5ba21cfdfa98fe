"""What `vitx explain` writes of a picture that moves: STEM.METHOD.gif, every frame explained, all on one scale."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vitxplain.animation.clip import Clip, clip_of
from vitxplain.animation.explained import explained_frames
from vitxplain.animation.gif import gif_bytes
from vitxplain.cli.explain.plan import GIF, Job
from vitxplain.errors import ImageError
from vitxplain.explainers.base import Explainer
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import is_of_image
from vitxplain.explanation.storage import file_stem
from vitxplain.files.write import write_together
from vitxplain.scale.image_sources import Source
from vitxplain.scale.wanted import Wanted


def animate(
    job: Job,
    source: Source,
    explainers: Mapping[str, Explainer],
    wanted: Sequence[Wanted],
    files: Mapping[Explanation, list[Path]],
    note: Callable[[str], None],
) -> dict[str, Exception]:
    """Write a GIF for each map of the image in `files`, which are of the first frame, and add it to its files.

    Nothing is done where the source does not move and no animation is asked for by name.

    Returns:
        What went wrong, by method.
    """
    maps: dict[str, list[Explanation]] = {}
    for explanation in files:
        if is_of_image(explanation.axes):
            maps.setdefault(explanation.method, []).append(explanation)
    failed: dict[str, Exception] = {}
    try:
        clip = _clip(job, source.path) if maps else None
        if clip is None:
            return {}
        if clip.step > 1:
            note(f"{source.path} has {clip.count:,} frames; its animation shows one in {clip.step}.")
        drawn = {name: explainers[name] for name in maps}
        frames = explained_frames(clip, drawn, wanted, job.model, job.options)
    except Exception as error:
        return dict.fromkeys(maps, error)
    for name, firsts in maps.items():
        for number, first in enumerate(firsts):
            path = job.plan.file or job.plan.folder / f"{file_stem(first, source.stem, style=job.plan.style)}.{GIF}"
            try:
                content = gif_bytes(frames.of(name, number), frames.milliseconds, job.plan.look)
                files[first].extend(write_together({path: content}))
            except Exception as error:
                failed[name] = error
    return failed


def _clip(job: Job, path: str) -> Clip | None:
    """The clip that is to be animated; None where there is none.

    Raises:
        ImageError: an animation is asked for by name, and the picture has one frame, or the model finds objects, of
            which nothing says that they are the same from frame to frame.
    """
    if GIF not in job.plan.formats:
        return clip_of(path) if job.plan.moves and not job.model.task.finds else None
    clip = clip_of(path)
    if clip is None:
        raise ImageError(f"{path} has one frame, of which no gif is drawn; leave gif out of --format.")
    if job.model.task.finds:
        raise ImageError(
            f"{path} moves, and {job.model.source} finds objects in each frame anew, which nothing says are the same; "
            "explain its frames one by one."
        )
    return clip
