"""The network that is trained: opened or made, its head renewed, saved."""
