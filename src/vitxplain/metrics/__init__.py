"""How well a map does its work, by measures with published definitions."""
