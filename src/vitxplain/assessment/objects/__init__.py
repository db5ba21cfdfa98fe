"""How good a detector is: boxes found and true, average precision, files and pictures."""
