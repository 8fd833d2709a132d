"""Who changed what: lines that carry the hash of the one before, an outside check of them, and files of secrets.

Gives    Audit, Change, Head, Verdict, verify_audit, read_secret, standby_secret.
Used by  operate.face, operate.commission, operate.alarms, operate.historian, cli.
"""

from wattstack.operate.audit.log import Audit, Change, Head
from wattstack.operate.audit.secret import read_secret, standby_secret
from wattstack.operate.audit.verify import Verdict, verify_audit

__all__ = ["Audit", "Change", "Head", "Verdict", "read_secret", "standby_secret", "verify_audit"]
