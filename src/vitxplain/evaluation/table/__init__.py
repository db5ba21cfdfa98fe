"""From scores to a table: rows with intervals, comparisons, notes."""
