"""One explanation: its values, its record on disk, its heat map."""
