"""`vitx evaluate`."""
