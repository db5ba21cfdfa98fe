"""The scoring loop, and its scores on disk."""
