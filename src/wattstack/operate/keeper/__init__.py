"""The campus file that runs: a copy that stays as it was prepared, and the user's file beside it, looked at.

Gives    Keeper: the copy and what becomes of the user's file; take_over: which file runs; tell_guard; CHECKSUMS.
Used by  operate.supervise, operate.face (CHECKSUMS); packaging's unit wattstack-campus.
"""

from wattstack.operate.keeper.copies import CHECKSUMS, Keeper, tell_guard
from wattstack.operate.keeper.start import take_over

__all__ = ["CHECKSUMS", "Keeper", "take_over", "tell_guard"]
