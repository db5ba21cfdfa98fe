"""Targets: how a task's output becomes one score an image."""
