"""How good a classifier is: its predictions on labelled images, their scores, and the images it gets most wrong."""
