"""Tools on folders of data: survey, split, tile."""
