"""What an evaluation leaves in its folder."""

from pathlib import Path

from vitxplain import evaluate


def test_what_an_earlier_one_wrote_and_this_one_does_not_goes_away(tmp_path: Path) -> None:
    def files(methods: list[str], metrics: list[str], *, cost: bool = False) -> set[str]:
        evaluate("demo-vit", "digits", methods, metrics, limit=2, cost=cost, out=tmp_path).save(tmp_path)
        return {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}

    pictures = {f"best-and-worst/demo-vit.{name}.png" for name in ("attention-rollout", "grad-cam")}
    own = {"notes.txt", "best-and-worst/of-mine.png"}
    first = files(["rollout", "grad-cam"], ["iou", "deletion"], cost=True)
    assert first >= pictures | {"curves.png", "cost.csv"}
    for name in own:
        (tmp_path / name).write_text("mine")
    second = files(["rollout"], ["iou"])
    assert second == (first | own) - {"curves.png", "cost.csv", "best-and-worst/demo-vit.grad-cam.png"}
    (tmp_path / "best-and-worst" / "of-mine.png").unlink()
    files(["rollout"], ["entropy"])
    assert not (tmp_path / "best-and-worst").exists()


def test_a_picture_of_that_name_in_a_folder_of_someone_else_stays(tmp_path: Path) -> None:
    (tmp_path / "curves.png").write_text("mine")
    (tmp_path / "evaluation.json").write_text("[]")
    evaluate("demo-vit", "digits", "rollout", "iou", limit=2).save(tmp_path)
    assert (tmp_path / "curves.png").read_text() == "mine"
