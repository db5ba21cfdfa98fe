"""The tap on attention, activations and gradients; it leaves the model as found."""
