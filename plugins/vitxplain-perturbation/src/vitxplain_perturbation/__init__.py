"""Methods that treat the model as a black box: hide parts of the image and watch the score."""
