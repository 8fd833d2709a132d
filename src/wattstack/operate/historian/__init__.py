"""What was measured, asked, decided and alarmed: kept on disk, packed, found again within milliseconds.

Gives    Store, Event.
Used by  operate.face, the historian's own process.
"""

from wattstack.operate.historian.store import Event, Store

__all__ = ["Event", "Store"]
