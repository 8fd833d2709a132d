"""Dispatch: the best running of what stands there, and what each limit is worth."""

from wattstack.dispatch.problem import Amount, Commitment, Problem, Storage, Supply
from wattstack.dispatch.result import Dispatch

__all__ = ["Amount", "Commitment", "Dispatch", "Problem", "Storage", "Supply"]
