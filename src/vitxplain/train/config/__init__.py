"""What a run was asked to do: options, files, presets, defaults."""
