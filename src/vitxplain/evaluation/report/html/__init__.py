"""report.html: an evaluation on one page that needs nothing beside it."""
