"""ExplainBatches in two processes of datasets: `python -m tests.engines.counted PICTURES.parquet MODEL FOLDER`."""

import os
import sys
from pathlib import Path
from typing import Any

from datasets import load_dataset

from vitxplain.scale import ExplainBatches


class Counted(ExplainBatches):
    """Writes the number of its process whenever it has loaded the model."""

    loads: Path

    def _rows(self, images: Any) -> Any:
        new = self._chosen is None
        rows = super()._rows(images)
        if new:
            with self.loads.open("a") as file:
                file.write(f"{os.getpid()}\n")
        return rows


if __name__ == "__main__":
    pictures, model, folder = sys.argv[1:]
    explained = Counted(model, ["rollout", "grad-cam"], image="picture", batch_size=2)
    explained.loads = Path(folder) / "loads"
    photos = load_dataset("parquet", data_files=pictures, split="train", cache_dir=f"{folder}/cache")
    made = photos.map(explained, batched=True, batch_size=2, num_proc=2, remove_columns=["picture"])
    made.to_parquet(f"{folder}/maps.parquet")
