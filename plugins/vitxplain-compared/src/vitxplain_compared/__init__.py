"""Methods that vitxplain was compared with, and ways to combine maps."""
