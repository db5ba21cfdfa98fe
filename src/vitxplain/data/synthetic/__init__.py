"""Data made on the spot with the truth known: digits on textures, defects on materials."""
