"""`vitx methods`."""
