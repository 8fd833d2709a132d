"""One file per format: rows as they stand in it. series.read turns them into a Series."""
