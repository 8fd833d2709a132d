"""The certificate of the page: that it can be used with its key, and how long it is good for.

Needs    cryptography, ssl.
Gives    check_certificate, end_of, CHECK_S.
Used by  operate.face: app, room.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from wattstack.errors import Fault, InputError

SOON_DAYS = 14.0  # before its end it is announced
CHECK_S = 3600.0  # from one look to the next


def check_certificate(source: str, certificate: Path, key: Path) -> None:
    """See that a server can use both.

    Raises:
        InputError: The certificate is not there, is none, or is not that of the key.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        why = "is not that of the key" if "MISMATCH" in str(error.reason) else "and key are no files in PEM"
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    else:
        return
    fault = Fault(
        "operate.face.certificate", f"{certificate.name} {why}, must be the chain of the page's key."
    )
    raise InputError(source, [fault])


def end_of(certificate: Path, now_s: float) -> str:
    """In words that it has expired or soon will; "" where it is good for longer, or cannot be read just now.

    Args:
        certificate: In PEM; the first of the file counts.
        now_s: Seconds since 1970 UTC, of this machine.
    """
    from cryptography import x509

    try:
        until = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return ""
    left_days = (until - datetime.fromtimestamp(now_s, UTC)).total_seconds() / 86_400.0
    if left_days > SOON_DAYS:
        return ""
    ended = "has expired" if left_days <= 0.0 else "expires"
    return (
        f"the certificate of the page {ended} on {until:%Y-%m-%d}: put a new one in its place and end the process of "
        "the page, it starts again with it."
    )
