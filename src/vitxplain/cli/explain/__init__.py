"""`vitx explain`."""
