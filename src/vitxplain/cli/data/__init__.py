"""`vitx data show`, `split` and `tile`."""
