"""Figures for papers: their width, files of lines and letters, and axes of the user's own."""
