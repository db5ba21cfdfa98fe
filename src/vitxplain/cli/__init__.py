"""One command, one file; torch is imported only inside a command."""
