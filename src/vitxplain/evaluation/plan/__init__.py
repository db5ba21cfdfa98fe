"""What an evaluation scores: models, methods, metrics and their options, settled before the first score."""
