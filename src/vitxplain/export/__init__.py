"""A model and its map as one ONNX graph with two outputs."""

from vitxplain.export.exporting import Exported, export

__all__ = ["Exported", "export"]
