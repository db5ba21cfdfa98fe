"""What several commands share: options, progress, errors, completion."""
