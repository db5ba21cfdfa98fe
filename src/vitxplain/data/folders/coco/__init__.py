"""Folders annotated in the format of COCO."""
