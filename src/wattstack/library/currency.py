"""Codes of currencies: which there are, and which one a slip means.

Gives    currency_fault.
Used by  campus.currency, portfolio.sections.
"""

from __future__ import annotations

from wattstack.errors import nearest

# ISO 4217, list one (currencies, funds and metals in force), as of 2025.
_LIST = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD
KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK
NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST
XAD XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG
"""
_CODES = frozenset(_LIST.split())
# What people write for some of them; the spelling alone would lead to others (YEN is nearest to YER).
_MEANT = {
    "YEN": "JPY", "JPN": "JPY", "WON": "KRW", "RMB": "CNY", "CNH": "CNY", "YUA": "CNY", "NTD": "TWD", "EUS": "EUR",
    "DOL": "USD", "DLR": "USD", "STG": "GBP", "UKP": "GBP", "FRS": "CHF", "SFR": "CHF", "RUP": "INR", "RUR": "RUB",
}  # fmt: skip


def currency_fault(code: str) -> str | None:
    """What is wrong with a code of a currency, with the one that is meant; None where ISO 4217 has it.

    Example:
        >>> currency_fault("JPY"), currency_fault("YEN")
        (None, "is 'YEN', must be the ISO 4217 code of a currency. Nearest: 'JPY'.")
    """
    if code in _CODES:
        return None
    near = _MEANT.get(code) or nearest(code, sorted(_CODES))
    mend = f"Nearest: '{near}'." if near else "Write JPY, EUR or USD."
    return f"is {code!r}, must be the ISO 4217 code of a currency. {mend}"
