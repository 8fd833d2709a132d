"""The report of a portfolio plan: what it looks at, its words, its sections."""
