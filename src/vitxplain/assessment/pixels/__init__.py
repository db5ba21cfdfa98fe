"""How good a segmenter is: classes of pixels, overlap with the truth, files and pictures."""
