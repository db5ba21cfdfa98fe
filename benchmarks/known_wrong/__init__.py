"""How much each known mistake changes what is seen: `python -m benchmarks.known_wrong`, offline, on the demo models."""
