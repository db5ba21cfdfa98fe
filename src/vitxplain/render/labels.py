"""The words on a picture: which class, how probable, by which method on which model."""
