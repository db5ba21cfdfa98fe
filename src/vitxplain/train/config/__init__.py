"""The configuration of a run: options, files, presets, defaults."""
