"""The table as people and programs read it: terminal, Markdown, CSV, JSON, pictures."""
