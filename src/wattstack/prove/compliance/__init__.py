"""GRID CODES: sixteen tests of a wave at the point of connection, by rules that are data.

    wave = Waveform(0.005, {"power_mw": power}, source="meter.csv", synthetic=False)
    found = check_compliance(wave, ["ercot-lcl-10mw", "ieso-3.0"], SitePoint(rated_mw=150, frequency_hz=60))
    found.passed, found.table(), found.worst().picture

Everything here needs numpy or more and is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "Code": "code",
    "Compliance": "verdict",
    "Picture": "picture",
    "Profile": "profiles",
    "SitePoint": "verdict",
    "Verdict": "verdict",
    "check_compliance": "check",
    "read_code": "code",
    "required_profiles": "profiles",
    "site_point": "check",
    "worst_case": "check",
}

__all__ = [
    "Code", "Compliance", "Picture", "Profile", "SitePoint", "Verdict", "check_compliance", "read_code",
    "required_profiles", "site_point", "worst_case",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
