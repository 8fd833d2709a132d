"""Parity: what the peers answer, run in environments of their own, recorded with their versions."""
