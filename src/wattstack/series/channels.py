"""The one table of quantities along time: name, unit, kind, sign and meaning.

Gives    Channel, channel, CHANNELS, KIND_OF_SUFFIX.
Used by  series (units and alignment of what is read), report (labels), and every writer of traces.

A new quantity is one row here. Components stand in a name between dots: battery.main.charge_mw is found under
battery.*.charge_mw. A name that a user chose himself is understood by its unit suffix.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from wattstack.errors import InputError, nearest


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity.

    Attributes:
        name: Name or pattern, `*` stands for a component.
        unit: Unit for labels; "per MWh" is in the currency of the campus.
        kind: price, power, energy, stored, intensity, frac, irradiance, temperature, wind or pressure.
        sign: ">= 0", "any" or "0 .. 1".
        meaning: One line for people.
    """

    name: str
    unit: str
    kind: str
    sign: str
    meaning: str


CHANNELS: tuple[Channel, ...] = tuple(
    Channel(*row)
    for row in (
        ("load_mw", "MW", "power", ">= 0", "total electric demand at the bus"),
        ("it_mw", "MW", "power", ">= 0", "demand of the computers"),
        ("cooling_mw", "MW", "power", ">= 0", "demand of the cooling"),
        ("load.*.shed_mw", "MW", "power", ">= 0", "flexible compute put off"),
        ("unserved_mw", "MW", "power", ">= 0", "demand that nothing serves"),
        ("grid.import_mw", "MW", "power", ">= 0", "drawn from the grid"),
        ("grid.export_mw", "MW", "power", ">= 0", "given to the grid"),
        ("grid.import_limit_mw", "MW", "power", ">= 0", "what the grid lets through; 0 in an outage"),
        ("reserve_mwh", "MWh", "stored", ">= 0", "energy that must stay in the batteries for an outage"),
        ("grid.buy_price_per_mwh", "per MWh", "price", "any", "cost of an imported MWh, all adders in"),
        ("grid.sell_price_per_mwh", "per MWh", "price", "any", "earned by an exported MWh"),
        ("grid.carbon_kg_per_mwh", "kg/MWh", "intensity", ">= 0", "carbon intensity of the grid"),
        (
            "bus.price_per_mwh",
            "per MWh",
            "price",
            "any",
            "what one more MWh of load would cost (shadow price)",
        ),
        ("solar.*.output_mw", "MW", "power", ">= 0", "solar power used"),
        ("solar.*.curtailed_mw", "MW", "power", ">= 0", "solar power not used"),
        ("generator.*.output_mw", "MW", "power", ">= 0", "generator output"),
        ("battery.*.charge_mw", "MW", "power", ">= 0", "into the battery, at the bus"),
        ("battery.*.discharge_mw", "MW", "power", ">= 0", "out of the battery, at the bus"),
        ("battery.*.stored_mwh", "MWh", "stored", ">= 0", "energy stored at the end of the step"),
        ("battery.*.stored_price_per_mwh", "per MWh", "price", "any", "worth of one more stored MWh"),
        (
            "battery.*.auxiliary_mw",
            "MW",
            "power",
            ">= 0",
            "drawn by the battery's cooling and controls, metered apart",
        ),
        ("battery.*.loss_mw", "MW", "power", "any", "lost in cells, converter and transformer"),
        ("battery.*.temp_cell_degc", "degC", "temperature", "any", "mean temperature of the cells"),
        ("battery.*.soc", "1", "frac", "0 .. 1", "state of charge of the cells, share of nameplate"),
        ("shed_mw", "MW", "power", ">= 0", "flexible compute put off, all halls"),
        ("solar_mw", "MW", "power", ">= 0", "solar power used, all plants"),
        ("auxiliary_mw", "MW", "power", ">= 0", "drawn by all batteries' cooling and controls"),
        ("control.reason", "1", "code", "any", "why the batteries do what they do (control.REASONS)"),
        ("price_per_mwh", "per MWh", "price", "any", "energy price of the market or supplier"),
        ("export_price_per_mwh", "per MWh", "price", "any", "price paid for exported energy"),
        ("carbon_kg_per_mwh", "kg/MWh", "intensity", ">= 0", "carbon intensity of the grid"),
        ("curtailed_frac", "1", "frac", "0 .. 1", "share of the non-firm power taken away"),
        ("utilisation_frac", "1", "frac", "0 .. 1", "share of the IT power in use"),
        ("ghi_w_m2", "W/m2", "irradiance", ">= 0", "global horizontal irradiance"),
        ("dni_w_m2", "W/m2", "irradiance", ">= 0", "direct normal irradiance"),
        ("dhi_w_m2", "W/m2", "irradiance", ">= 0", "diffuse horizontal irradiance"),
        ("temp_air_degc", "degC", "temperature", "any", "dry-bulb air temperature"),
        ("wet_bulb_degc", "degC", "temperature", "any", "wet-bulb temperature"),
        ("relative_humidity_frac", "1", "frac", "0 .. 1", "relative humidity"),
        ("wind_speed_m_s", "m/s", "wind", ">= 0", "wind speed"),
        ("pressure_hpa", "hPa", "pressure", ">= 0", "air pressure"),
    )
)

KIND_OF_SUFFIX = {
    "_kg_per_mwh": "intensity",
    "_per_mwh": "price",
    "_mw": "power",
    "_mwh": "energy",
    "_frac": "frac",
    "_w_m2": "irradiance",
    "_degc": "temperature",
    "_m_s": "wind",
    "_hpa": "pressure",
}
_UNIT_OF_KIND = {
    "price": "per MWh", "power": "MW", "energy": "MWh", "intensity": "kg/MWh", "frac": "1",
    "irradiance": "W/m2", "temperature": "degC", "wind": "m/s", "pressure": "hPa",
}  # fmt: skip


def channel(name: str) -> Channel:
    """The row of a quantity; a name of the user's own is read by its unit suffix.

    Raises:
        InputError: Neither the table nor a suffix knows it.

    Example:
        >>> channel("battery.main.charge_mw").unit
        'MW'
        >>> channel("lng_price_per_mwh").kind
        'price'
    """
    for row in CHANNELS:
        if fnmatchcase(name, row.name):
            return row
    kind = next((k for suffix, k in KIND_OF_SUFFIX.items() if name.endswith(suffix)), None)
    if kind is not None:
        return Channel(name, _UNIT_OF_KIND[kind], kind, "any", name.replace("_", " "))
    near = nearest(name, [row.name for row in CHANNELS])
    hint = f"Nearest: {near!r}." if near else f"End it in a unit: {', '.join(KIND_OF_SUFFIX)}."
    raise InputError(repr(name), [f"is not a quantity with a known unit. {hint}"])
