"""Every reader of a user's file, each with a folder of whole files to damage."""

import gzip
import json
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

import vitxplain
from tests.bad_input.conftest import noise
from tests.data.folders.class_map_files import class_map_folder
from tests.data.folders.coco.coco_files import coco
from tests.data.stored import annotate
from tests.explanations import explanation, segmented
from vitxplain import load_data, load_model
from vitxplain.cli.test.result_folder import earlier
from vitxplain.data.folders.map_colours import label_map
from vitxplain.data.folders.mask_files import mask_values
from vitxplain.data.read_bands import read_original
from vitxplain.data.read_image import read_image
from vitxplain.data.splits.groups import sources_of
from vitxplain.evaluation.maps.map_file import read_map
from vitxplain.evaluation.maps.sharded_maps import sharded_maps
from vitxplain.evaluation.report import write
from vitxplain.evaluation.scoring import best_thresholds, map_scores, store
from vitxplain.inspect import Writer
from vitxplain.inspect.record_file import read_record
from vitxplain.models.loading.from_adapters import base_source
from vitxplain.models.trust.weight_map import check_weight_maps
from vitxplain.scale import manifest, maps
from vitxplain.scale.plan import MapKind, Plan, numbered
from vitxplain.scale.remote_images import read_remote
from vitxplain.scale.shards import row, schema, to_bytes
from vitxplain.scale.stores import Folder
from vitxplain.train.config.configure import configure
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.checkpoints import is_whole
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.train.tuning.study import StudyFolder
from vitxplain.train.watch import explanation_watcher

CONFIG = RunConfig("scratch", "digits", TrainOptions(epochs=2), {"patch_size": 4}, {}, 20)


@dataclass(frozen=True)
class Reader:
    """How to make a folder of whole files, which of them is damaged, and how it is read."""

    make: Callable[[Path], Any]
    file: str
    read: Callable[[Path], Any]  # of the folder
    modules: tuple[str, ...]  # below vitxplain, that turn whatever is raised into an error of ours
    slow: bool = False  # takes a tenth of a second or more


def _shards(folder: Path) -> None:
    made = explanation(method="grad-cam")
    facts = {"model": {"id": "demo-vit"}, "task": "image-classification", "targets": [], "dtype": "float32"}
    plan = Plan(1, {made.method: MapKind(made.axes, made.values.shape, {})}, facts)
    manifest.begin(Folder(folder), plan.to_dict())
    content = to_bytes([row("a.png", made)], schema(plan.kinds[made.method], plan.to_dict()))
    manifest.finish(Folder(folder), 0, {f"{made.method}/{numbered(0, 'parquet')}": content}, 1, {"b.png": "damaged"})


def _look_at_maps(folder: Path) -> None:
    for stored in maps(folder):
        stored.heatmap()


def _find_maps(folder: Path) -> None:
    found = sharded_maps(Folder(folder))
    found.facts(found.names[0])


def _picture(path: Path, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise(12, 10)).save(path, **options)


def _voc(folder: Path) -> None:
    for name in "ab":
        _picture(folder / "JPEGImages" / f"{name}.png")
        annotate(folder / "Annotations" / f"{name}.xml", ("cat", (1, 2, 6, 7)), ("dog", (2, 2, 9, 9)))
    _write(folder / "ImageSets" / "Main" / "test.txt", b"a\nb\n")


def _table(folder: Path) -> None:
    _picture(folder / "a.png")
    _write(folder / "labels.csv", b'image,label,split\na.png,cat,test\n"a.png",dog,test\na.png,1,train\n')
    _write(folder / "classes.txt", b"cat\ndog\n")


def _class_maps(folder: Path) -> None:
    class_map_folder(folder, ("a", "b"), "annotations")


def _colour_list(folder: Path) -> None:
    _write(folder / "labelmap.txt", b"# label:color_rgb:parts:actions\nbackground:0,0,0::\ndog:128,0,0::\n")


def _index(folder: Path) -> None:
    _picture(folder / "a.png")
    _write(
        folder / "index.json", json.dumps([{"image": "a.png", "label": n, "split": "test"} for n in range(3)]).encode()
    )


def _tiles(folder: Path) -> None:
    _write(folder / "tiles.csv", b"tile,source,top,left\na/1.png,a.png,0,0\na/2.png,a.png,0,9\n")


def _mnist(folder: Path, pack: Callable[[bytes], bytes] = bytes, ending: str = "") -> None:
    _write(
        folder / f"t10k-images-idx3-ubyte{ending}", pack(b"\0\0\x08\x03" + struct.pack(">III", 4, 5, 5) + bytes(100))
    )
    _write(folder / f"t10k-labels-idx1-ubyte{ending}", pack(b"\0\0\x08\x01" + struct.pack(">I", 4) + bytes(range(4))))


def _cifar(folder: Path) -> None:
    _write(folder / "test_batch.bin", bytes([3]) + bytes(3072) + bytes([7]) + bytes(3072))


def _explanation(folder: Path) -> None:
    explanation().save(folder, "cat", "npz,json")


def _segment(folder: Path) -> None:
    segmented().save(folder, "cat", "npz,json")


def _maps(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    np.save(folder / "a.npy", np.eye(6))
    np.savez_compressed(folder / "b.npz", values=np.eye(6), more=np.zeros(3))
    Image.fromarray(noise(6, 6)[..., 0]).save(folder / "c.png")


def _bands(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    values = np.arange(6 * 8 * 5, dtype=np.uint16).reshape(6, 8, 5)
    np.save(folder / "a.npy", values)
    np.savez_compressed(folder / "b.npz", values=values)
    tifffile.imwrite(folder / "c.tif", values, photometric="minisblack", planarconfig="contig", compression="zlib")


def _adapters(folder: Path) -> None:
    _write(folder / "adapter_config.json", b'{"base_model_name_or_path": "base", "peft_type": "LORA", "r": 2}')


def _run(folder: Path) -> None:
    _write(folder / "config.yaml", CONFIG.as_yaml())
    _write(folder / "result.json", b'{"accuracy": 0.5, "epochs": 2}')
    _write(folder / "attention_distance.csv", b"step,layer_0,layer_1\n1,0.500,0.250\n2,0.400,0.300\n")
    _write(folder / "test.json", b'{"data": {"name": "digits", "split": "test"}, "images": 20, "top1": 0.5}')
    _write(folder / "checkpoint-1" / "a", b"abc")
    _write(folder / "checkpoint-1" / "complete.json", b'{"a": [3, 891568578]}')


def _search(folder: Path) -> None:
    _write(folder / "base.yaml", CONFIG.as_yaml())
    _write(folder / "search.txt", b"learning_rate=1e-5:1e-2\n")


def _evaluation(folder: Path) -> None:
    _write(folder / "evaluation.json", b'{"rows": [{"model": "a", "method": "cam"}]}')
    _write(folder / "scores-0.jsonl", _scores())
    _write(folder / store.THRESHOLDS, b'{"a": {"cam": {"iou": 0.25}}}')
    _write(folder / store.FINGERPRINT, b'{"models": {"a": {"sha256": "0"}}, "data": {}}')


def _scores() -> bytes:
    one = map_scores.MapScores("a", "cam", "1.png", {"iou": 0.5})
    return f"{one.as_json()}\n".encode() * 3


def _demo(folder: Path) -> None:
    shutil.copytree(Path(vitxplain.__file__).parent / "demo_models" / "demo-vit", folder, dirs_exist_ok=True)
    _write(folder / "x.safetensors.index.json", b'{"weight_map": {"a": "model.safetensors"}}')


def _manifest(folder: Path) -> None:
    _demo(folder)
    config = json.loads((folder / "config.json").read_text())
    facts = {"backend": "transformers", "num_classes": 10, "input_size": [28, 28], "mean": [0.5] * 3, "std": [0.5] * 3}
    (folder / "config.json").unlink()
    _write(folder / "vitxplain.json", json.dumps({**facts, "config": config}).encode())


def _record(folder: Path) -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(5), (2, 5)).astype(np.float32)
    Writer(folder).add("a", [weights, weights], image=Image.fromarray(noise(10, 12)))


def _look_at_record(folder: Path) -> None:
    record = read_record(folder / RECORD)
    record.attention(-1), record.rows(0), record.picture()


def _record_picture(folder: Path) -> None:
    Writer(folder).add("a", [np.full((1, 5, 5), 0.2, np.float32)], image=folder / "a.png")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _data(folder: Path) -> None:
    data = load_data(folder)
    data[0].object_mask() if data.has_masks else data[0]


def _objects(folder: Path) -> None:
    list(load_data(folder, options={"ratio": "0,0,1"}))


def _map(name: str) -> Callable[[Path], Any]:
    return lambda folder: read_map(folder / name, Image.new("RGB", (12, 12)))


def _searched(folder: Path) -> None:
    StudyFolder(folder).search(None)
    StudyFolder(folder).saved_base()


PICTURES: dict[str, dict[str, Any]] = {
    **{kind: {} for kind in ("png", "tif", "gif", "webp", "bmp")},
    "jpg": {"progressive": True},
}
TABLES = ("data.folders.table_folder",)
VOC = ("data.folders.voc_lists", "data.folders.voc_annotation")
RUN = ("train.records.run_folder",)
RECORD = "inspect/000000000.a.safetensors"
SEGMENT = "cat.grad-cam.segment-0"
MODEL = ("models.loading.checkpoint", "models.trust.weight_map")
SHARDS = ("scale.stored_maps", "scale.manifest")
READERS: dict[str, Reader] = {
    "shard of maps": Reader(_shards, "grad-cam/00000.parquet", _look_at_maps, SHARDS),
    "plan of a run": Reader(_shards, "manifest/plan.json", _look_at_maps, SHARDS),
    "entry of a manifest": Reader(_shards, "manifest/00000.json", _look_at_maps, SHARDS),
    "plan of a run that is scored": Reader(
        _shards, "manifest/plan.json", _find_maps, ("evaluation.maps.sharded_maps",)
    ),
    "image of a store": Reader(
        lambda folder: _picture(folder / "a.png"),
        "a.png",
        lambda folder: read_remote(f"local://{folder}/a.png"),
        ("scale.remote_images",),
    ),
    "record of attention": Reader(_record, RECORD, _look_at_record, ("inspect.record_file",)),
    "picture of a record": Reader(
        lambda folder: _picture(folder / "a.png"), "a.png", _record_picture, ("inspect.picture",)
    ),
    "annotation": Reader(_voc, "Annotations/a.xml", _data, VOC),
    "list of images": Reader(_voc, "ImageSets/Main/test.txt", _data, VOC),
    "table": Reader(_table, "labels.csv", _data, TABLES),
    "classes": Reader(_table, "classes.txt", _data, TABLES),
    "annotations of COCO": Reader(coco, "instances.json", _objects, ("data.folders.coco.annotations",)),
    "map of classes": Reader(_class_maps, "annotations/a.png", _objects, ("data.folders.class_maps",)),
    "colours of classes": Reader(_colour_list, "labelmap.txt", label_map, ("data.folders.map_colours",)),
    "names of classes": Reader(_class_maps, "classes.txt", _objects, ("data.folders.class_maps",)),
    "index": Reader(_index, "index.json", _data, TABLES),
    "tiles": Reader(_tiles, "tiles.csv", lambda folder: sources_of(folder, []), ("data.splits.groups",)),
    "digits": Reader(_mnist, "t10k-images-idx3-ubyte", _data, ("data.published.mnist",)),
    "packed digits": Reader(
        lambda folder: _mnist(folder, gzip.compress, ".gz"),
        "t10k-labels-idx1-ubyte.gz",
        _data,
        ("data.published.mnist",),
    ),
    "records": Reader(_cifar, "test_batch.bin", _data, ("data.published.cifar10",)),
    "mask": Reader(
        lambda folder: _picture(folder / "a.png"),
        "a.png",
        lambda folder: mask_values(folder / "a.png"),
        ("data.folders.mask_files",),
    ),
    **{
        kind: Reader(
            lambda folder, kind=kind, options=options: _picture(folder / f"a.{kind}", **options),
            f"a.{kind}",
            lambda folder, kind=kind: read_image(folder / f"a.{kind}"),
            (),
        )
        for kind, options in {
            "png": {},
            "jpg": {"progressive": True},
            "tif": {},
            "gif": {},
            "webp": {},
            "bmp": {},
        }.items()
    },
    "facts": Reader(_explanation, "cat.grad-cam.json", lambda folder: _loaded(folder), ("explanation.storage",)),
    "numbers": Reader(_explanation, "cat.grad-cam.npz", lambda folder: _loaded(folder), ("explanation.storage",)),
    "facts of a segment": Reader(_segment, f"{SEGMENT}.json", lambda f: _loaded(f, SEGMENT), ("explanation.storage",)),
    "masks of a segment": Reader(_segment, f"{SEGMENT}.npz", lambda f: _loaded(f, SEGMENT), ("explanation.storage",)),
    **{name: Reader(_maps, name, _map(name), ("evaluation.maps.map_file",)) for name in ("a.npy", "b.npz", "c.png")},
    **{
        f"bands of {name}": Reader(_bands, name, lambda folder, name=name: read_original(folder / name, 5), (module,))
        for name, module in {
            "a.npy": "data.read_bands",
            "b.npz": "data.read_bands",
            "c.tif": "data.multiband_tiff",
        }.items()
    },
    "adapters": Reader(_adapters, "adapter_config.json", base_source, ("models.loading.from_adapters",)),
    "options": Reader(
        _run, "config.yaml", lambda folder: configure(folder / "config.yaml", []), ("train.config.yaml_file",)
    ),
    "configuration": Reader(_run, "config.yaml", lambda folder: RunFolder(folder).saved_config(), RUN),
    "result": Reader(_run, "result.json", lambda folder: RunFolder(folder).saved_result(), RUN),
    "distances": Reader(
        _run,
        "attention_distance.csv",
        lambda folder: explanation_watcher._with_row(folder / "attention_distance.csv", 3, [0.5]),
        ("train.watch.explanation_watcher",),
    ),
    "test": Reader(_run, "test.json", earlier, ()),
    "seal": Reader(_run, "checkpoint-1/complete.json", lambda folder: is_whole(folder / "checkpoint-1"), ()),
    "search": Reader(_search, "search.txt", _searched, ("train.tuning.study",)),
    "base of a search": Reader(_search, "base.yaml", _searched, ("train.tuning.study",)),
    "evaluation": Reader(_evaluation, "evaluation.json", write._written, ()),
    "thresholds": Reader(_evaluation, store.THRESHOLDS, best_thresholds._read, ("evaluation.scoring.best_thresholds",)),
    "fingerprint": Reader(
        _evaluation,
        store.FINGERPRINT,
        lambda folder: store._before(folder / store.FINGERPRINT),
        ("evaluation.scoring.store",),
    ),
    "scores": Reader(
        _evaluation, "scores-0.jsonl", lambda folder: map_scores.read(folder), ("evaluation.scoring.lines",)
    ),
    "weight map": Reader(_demo, "x.safetensors.index.json", check_weight_maps, ("models.trust.weight_map",)),
    **{
        name: Reader(_demo, name, load_model, MODEL, slow=True)
        for name in ("config.json", "preprocessor_config.json", "model.safetensors")
    },
    "manifest": Reader(
        _manifest,
        "vitxplain.json",
        load_model,
        ("models.trust.manifest", "models.loading.from_saved_folder"),
        slow=True,
    ),
}


def _loaded(folder: Path, name: str = "cat.grad-cam") -> None:
    stored = vitxplain.load(folder / name)
    repr(stored)
    stored.heatmap()
