"""The network that is trained: opened or made, given a head, adapted, saved."""
