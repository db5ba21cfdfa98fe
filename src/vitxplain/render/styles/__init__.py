"""Pictures of one explanation: a style, a file with a function `draw`."""
