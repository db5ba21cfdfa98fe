"""What passes of a module may change of it and of the process, kept and put back."""
