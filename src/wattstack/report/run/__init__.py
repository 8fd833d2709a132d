"""The page of a run: what happened in a simulated year, and where the plan's saving went."""
