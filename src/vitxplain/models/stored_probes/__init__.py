"""What a probe found of a model that was opened by name, kept on disk for the next process."""
