"""A page of the viewer with a small recording in it, written from the description of the format alone."""

import base64
import gzip
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

STATIC = Path(__file__).parents[2] / "src" / "vitxplain" / "inspect" / "static"
LAYERS, HEADS, SIDE = 4, 3, 6
TOKENS = SIDE * SIDE + 1


def attention_of(seed: int) -> np.ndarray:
    """Rows that sum to one, (layer, head, query, key), as the file's eight bits have them."""
    generator = np.random.default_rng(seed)
    logits = 2 * generator.normal(size=(LAYERS, HEADS, TOKENS, TOKENS))
    exact = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    data, peaks = quantise(exact)
    return (data / 255.0) ** 2 * peaks[..., None]


def quantise(attention: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    peaks = attention.max(-1).astype(np.float32)
    return np.round(255 * np.sqrt(attention / peaks[..., None])).astype(np.uint8), peaks


def picture(seed: int) -> bytes:
    generator = np.random.default_rng(seed)
    buffer = io.BytesIO()
    Image.fromarray(generator.integers(0, 255, (6, 9, 3), dtype=np.uint8)).resize((240, 160)).save(buffer, "JPEG")
    return buffer.getvalue()


def facts_of(name: str, step: int, labels: tuple[str, ...] = ("tabby", "lynx")) -> dict:
    tokens = {"kind": "patches", "count": TOKENS, "prefix": ["class"], "grid": [SIDE, SIDE], "names": None}
    layer = {"kind": "token", "heads": HEADS, "queries": tokens, "keys": tokens, "rows": "all", "precision": "sqrt8"}
    return {
        "schema": 1,
        "name": name,
        "step": step,
        "model": "tiny",
        "task": "classification",
        "picture": {"width": 240, "height": 160, "media": "image/jpeg", "said": ""},
        "seen": [0, 0, 240, 160],
        "prediction": [{"label": label, "score": 0.6 / (place + 1)} for place, label in enumerate(labels)],
        "layers": [
            {**layer, "number": n, "path": f"l.{n}", "title": f"layer {n + 1}", "note": ""} for n in range(LAYERS)
        ],
        "default_query": "class",
        "statistics": ["distance"],
        "even_distance": 70.0,
        "distance_unit": "picture",
        "residual": 0.5,
        "maps": [
            {"tensor": "maps.0", "method": "grad-cam", "target": "tabby", "grid": [SIDE, SIDE], "box": [0, 0, 240, 160]}
            | {"signed": True, "unit": ""}
        ],
        "positions": True,
    }


def tensors_of(seed: int) -> dict[str, np.ndarray]:
    data, peaks = quantise(attention_of(seed))
    generator = np.random.default_rng(seed)
    tensors = {
        "image": np.frombuffer(picture(seed), np.uint8),
        "statistics": generator.uniform(10, 90, (LAYERS, HEADS, 1)).astype(np.float32),
        "maps.0": generator.normal(size=(SIDE, SIDE)).astype(np.float16),
        "positions": generator.uniform(-1, 1, (SIDE * SIDE, SIDE * SIDE)).astype(np.float16),
    }
    for layer in range(LAYERS):
        tensors[f"rows.{layer:02d}"], tensors[f"row_peaks.{layer:02d}"] = data[layer, :, 0], peaks[layer, :, 0]
        tensors[f"attention.{layer:02d}"], tensors[f"peaks.{layer:02d}"] = data[layer], peaks[layer]
    return tensors


WORDS = ["a", "red", "cat"]
BOXES = [{"label": "cat", "score": 0.9, "box": [0, 0, 80, 80], "query": 1}]


def scene() -> tuple[dict, dict[str, np.ndarray]]:
    """A record of object queries that look at patches, and of patches that look at words."""
    patches = {"kind": "patches", "count": SIDE * SIDE, "prefix": [], "grid": [SIDE, SIDE], "names": None}
    objects = {"kind": "object queries", "count": 4, "prefix": [], "grid": None, "names": None}
    words = {"kind": "text", "count": len(WORDS), "prefix": [], "grid": None, "names": WORDS}
    facts = facts_of("scene", 0) | {"default_query": "mean", "found": BOXES, "prediction": [], "maps": []}
    facts |= {"positions": False, "statistics": [], "even_distance": None}
    tensors = {"image": tensors_of(7)["image"]}
    layers = []
    for number, (queries, keys) in enumerate([(objects, patches), (patches, words)]):
        logits = np.random.default_rng(number).normal(size=(HEADS, queries["count"], keys["count"]))
        exact = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        sides = {"queries": queries, "keys": keys, "number": number, "kind": "cross", "title": f"layer {number + 1}"}
        layers.append(facts["layers"][0] | sides)
        for name, values in (("row", exact.mean(1)), ("", exact)):
            data, peaks = quantise(values)
            end = f"{number:02d}"
            tensors |= {"rows." + end if name else "attention." + end: data, f"{name}_peaks.".lstrip("_") + end: peaks}
    return facts | {"layers": layers}, tensors


def write_page(path: Path, records: list[tuple[str, int, tuple[str, ...]]]) -> Path:
    """A page of (name, step, labels); record number n has the attention of seed n, and the last one is the scene."""
    entries, parts = [], []
    made = [(facts_of(*record), tensors_of(seed)) for seed, record in enumerate(records)]
    for seed, (facts, tensors) in enumerate([*made, scene()]):
        entry = {"id": str(seed), "name": facts["name"], "step": facts["step"], "run": "" if seed < len(made) else "b"}
        entry |= {"model": "tiny", "width": 240, "height": 160}
        entries.append(entry)
        parts.append(script("application/json", f'"facts" data-record="{seed}"', as_json(facts)))
        for key, array in tensors.items():
            kind = {"uint8": "U8", "float16": "F16", "float32": "F32"}[array.dtype.name]
            shape = ",".join(map(str, array.shape))
            packed = base64.b64encode(gzip.compress(np.ascontiguousarray(array).tobytes())).decode()
            said = f'"tensor" data-record="{seed}" data-tensor="{key}" data-dtype="{kind}" data-shape="{shape}"'
            parts.append(script("text/plain", said, packed))
    index = script("application/json", '"index"', as_json({"records": entries, "left_out": []}))
    bundle = (STATIC / "viewer.js").read_text()
    late = [part for part in parts if 'data-tensor="attention' in part or 'data-tensor="peaks' in part]
    early = [part for part in parts if part not in late]
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Inspect</title>'
        "<style>html, body { margin: 0; height: 100% }</style>"
        f'<body><main id="vitxplain" style="height: 100%"></main>{index}{"".join(early)}'
        f'<script type="module" async>{bundle}\nvitxplainInspect.open(document)</script>{"".join(late)}'
    )
    return path


def as_json(content: object) -> str:
    return json.dumps(content).replace("<", "\\u003c")


def script(kind: str, said: str, text: str) -> str:
    return f'<script type="{kind}" data-vitxplain={said}>{text}</script>'
