"""Deformable attention: values read at sampling points, followed to their weighted sum, as one exact matrix."""
