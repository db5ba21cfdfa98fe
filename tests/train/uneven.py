"""A data set with more images of one class than of the other."""

from PIL import Image

from vitxplain.data.sample import DataSet, Sample


class Uneven(DataSet):
    """Six of one class, two of the other, each image its index."""

    name, split, labels = "uneven", "train", ("many", "few")

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Sample:
        return Sample(Image.new("RGB", (32, 32), (index, 0, 0)), int(index >= 6), str(index))
