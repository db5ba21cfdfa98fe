"""Some of the images that were assessed, read again."""

from collections.abc import Sequence

from vitxplain.data.sample import DataSet, Sample


def samples_at(positions: Sequence[int], data: DataSet, index: Sequence[int]) -> dict[int, Sample]:
    """By position in the assessment, in this order; `index` is each image's in the data, which are read in theirs."""
    samples = {position: data[index[position]] for position in sorted(positions)}
    return {position: samples[position] for position in positions}
