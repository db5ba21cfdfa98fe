"""Data sets made from data sets: maps of classes painted from masks."""
