"""What models found, as their libraries have it or by the form of their outputs."""
