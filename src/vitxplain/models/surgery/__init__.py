"""Changes of a network: another classifier head, a cut at a node."""
