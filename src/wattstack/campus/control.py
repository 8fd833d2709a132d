"""What runs the site from minute to minute: rules in order of priority, or a plan over the next two days within them.

Needs    campus.fields, campus.contract.Interval.
Gives    Control, FastLoop, Forecast, ForecastErrors, TimeOfUse, RULES.
Used by  campus, control, twin.

The twin runs with it and the site will: one declaration for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, Tag

from wattstack.campus.contract import Interval
from wattstack.campus.fields import Declared, Frac, NotNegative, Number, Positive, one_of, quantity
from wattstack.errors import Fault
from wattstack.units import STEP_S

RULES = ("limit", "reserve", "ramp", "peak", "plan", "time_of_use", "self_consumption", "refill")
MONTH_PATTERN = r"^\d{4}-(0[1-9]|1[0-2])$"

Foresight = Literal["given", "persistence", "seasonal"]
MonthName = Annotated[str, StringConstraints(pattern=MONTH_PATTERN)]
Peaks = Annotated[
    Annotated[NotNegative, Tag("<number>")] | Annotated[dict[MonthName, NotNegative], Tag("<mapping>")],
    one_of(("<number>", "<mapping>"), "must be a number of MW, or one a month. Write 98, or {2022-04: 98}."),
]


class ForecastErrors(Declared):
    """One number for each thing that is forecast."""

    price: Number = quantity("", "Of the prices of energy", 0.0, ge=-1, le=2)
    load: Number = quantity("", "Of the demand", 0.0, ge=-1, le=2)
    solar: Number = quantity("", "Of the sun", 0.0, ge=-1, le=2)


class Forecast(Declared):
    """What the plan of the next hours believes: the truth, what is now, or what was at the same time of a day before.

    Error and bias come on top, shares of the value: a chance error that grows with the time ahead to `error_frac` at
    24 h and holds on for `error_hold_h`. Prices of the day-ahead market are known when they are used: `given`.

    Example:
        >>> Forecast().load
        'seasonal'
    """

    price: Foresight = Field("given", description="Prices of energy: given, persistence or seasonal.")
    load: Foresight = Field("seasonal", description="Demand: given, persistence or seasonal.")
    solar: Foresight = Field("seasonal", description="Sun: given, persistence or seasonal.")
    error_frac: ForecastErrors = Field(
        default_factory=ForecastErrors, description="Standard error 24 h ahead, share of the value, on top."
    )
    bias_frac: ForecastErrors = Field(
        default_factory=ForecastErrors, description="Constant error, share of the value; > 0 is too high."
    )
    error_hold_h: Positive = quantity("h", "Time over which an error holds on", 6.0)
    seed: int = quantity("", "Seed of the errors; the same seed gives the same errors", 1, ge=0)

    def faults(self) -> Iterable[Fault]:
        """An error is a standard deviation."""
        for name, value in self.error_frac:
            if value < 0.0:
                yield Fault(
                    f"error_frac.{name}", f"is {value:g}, must be >= 0. A constant error goes into bias_frac."
                )


class TimeOfUse(Declared):
    """At which price of energy the rule `time_of_use` charges and discharges.

    Example:
        >>> TimeOfUse(charge_below_per_mwh=9000, discharge_above_per_mwh=20000).charge_quantile_frac
        0.25
    """

    charge_below_per_mwh: Number | None = quantity("currency/MWh", "It charges at and below this price", None)
    discharge_above_per_mwh: Number | None = quantity(
        "currency/MWh", "It discharges at and above this price", None
    )
    charge_quantile_frac: Frac = quantity(
        "", "Without charge_below_per_mwh: the cheapest share of the prices known", 0.25
    )
    discharge_quantile_frac: Frac = quantity(
        "", "Without discharge_above_per_mwh: all but this share of the prices known", 0.75
    )

    def faults(self) -> Iterable[Fault]:
        """Price and quantile at once; charging above where it discharges."""
        for price, quantile in (
            ("charge_below_per_mwh", "charge_quantile_frac"),
            ("discharge_above_per_mwh", "discharge_quantile_frac"),
        ):
            if getattr(self, price) is not None and quantile in self.model_fields_set:
                yield Fault(quantile, f"stands beside {price}, one of them must be given. Take one out.")
        below, above = self.charge_below_per_mwh, self.discharge_above_per_mwh
        if below is not None and above is not None and below >= above:
            yield Fault(
                "charge_below_per_mwh",
                f"is {below:g}, must be below discharge_above_per_mwh {above:g}. Lower it, or raise the other.",
            )
        if self.charge_quantile_frac >= self.discharge_quantile_frac:
            yield Fault(
                "charge_quantile_frac",
                f"is {self.charge_quantile_frac:g}, must be below discharge_quantile_frac "
                f"{self.discharge_quantile_frac:g}. Lower it, or raise the other.",
            )


class FastLoop(Declared):
    """The loop that holds the power at the point of connection smooth: how fast it sees and speaks, what it holds.

    The batteries take what the load does beyond a reference that follows it slowly: never faster than
    ramp_mw_per_min, low-passed with corner_s, and pulled back so that the store returns to soc_target_frac within
    recentre_s.

    Source:
        Cycle of 100 ms and delays: assumption, inside what Modbus TCP devices and power meters of substations reach.

    Example:
        >>> FastLoop(ramp_mw_per_min=15).period_s
        0.1
    """

    period_s: Positive = quantity("s", "From one setpoint to the next", 0.1)
    measure_s: NotNegative = quantity("s", "Age of a measured value when it is used", 0.05)
    command_s: NotNegative = quantity("s", "From the decision until the converter has the setpoint", 0.05)
    local: bool = Field(
        True,
        description="The converter measures the load itself and answers at once; the loop sets its reference.",
    )
    ramp_mw_per_min: Positive | None = quantity(
        "MW/min", "Fastest change of the power drawn; absent = corner_s alone", None
    )
    corner_s: Positive = quantity("s", "Time constant of the reference", 30.0)
    fault_hold_s: NotNegative = quantity(
        "s",
        "After a fault of voltage or frequency the reference stands for so long: the load comes back to it",
        5.0,
    )
    recentre_s: Positive = quantity("s", "Time constant with which the store returns to its target", 900.0)
    soc_target_frac: Frac = quantity("", "Share of the usable window it returns to", 0.5)


class Control(Declared):
    """The controller: `mpc` plans the next hours again and again within the rules, `rules` acts by the rules alone.

    Source:
        Horizon, steps and shares: assumptions. A day-ahead price is known for 11 to 35 hours.

    Example:
        >>> Control().priority
        ('limit', 'reserve', 'peak', 'plan')
    """

    kind: Literal["mpc", "rules"] = Field(
        "mpc", description="mpc: plan the next hours; rules: act by rules alone."
    )
    rules: tuple[Literal[*RULES], ...] = Field(
        (),
        strict=False,
        description=f"Rules, the first one first: {', '.join(RULES)}; absent = the usual ones.",
    )
    peak_target_mw: Peaks | None = quantity(
        "MW",
        "Mean import of a metering interval that is not exceeded: one, or by month; absent = as planned",
        None,
    )
    smoothing: FastLoop | None = Field(
        None, description="The fast loop against swings of the load; absent = none."
    )
    forecast: Forecast = Field(
        default_factory=Forecast, description="What the plan of the next hours believes."
    )
    horizon_h: float = quantity("h", "How far ahead it plans", 48.0, gt=0, le=336)
    plan_step: Interval = Field("15min", description="Step of the plan of the next hours.")
    replan: Interval = Field("15min", description="Time between two plans.")
    time_of_use: TimeOfUse = Field(
        default_factory=TimeOfUse, description="Prices at which the rule time_of_use acts."
    )
    ramp_mw_per_min: Positive | None = quantity("MW/min", "Most that the import may change in a minute", None)
    reserve_power_frac: float = quantity(
        "", "Share of the charge power that brings back a missing reserve", 1.0, gt=0, le=1
    )
    refill_frac: Frac = quantity("", "The rule refill charges below this share of the usable energy", 0.5)
    refill_power_frac: float = quantity(
        "", "Share of the charge power that the rule refill uses", 0.5, gt=0, le=1
    )

    @property
    def priority(self) -> tuple[str, ...]:
        """The rules that hold, the first one first: as declared, else the usual ones of the kind."""
        if self.rules:
            return self.rules
        ramp = ("ramp",) if self.ramp_mw_per_min is not None else ()
        last = ("plan",) if self.kind == "mpc" else ("time_of_use", "refill")
        return ("limit", "reserve", *ramp, "peak", *last)

    def faults(self) -> Iterable[Fault]:
        """Rules that are named twice or lack what they need; a horizon that is no whole number of steps."""
        if "rules" in self.model_fields_set and not self.rules:
            yield Fault("rules", "is an empty list, must name at least one. Take it out for the usual ones.")
        for place, rule in enumerate(self.rules):
            if rule in self.rules[:place]:
                yield Fault(f"rules.{place}", f"is {rule!r} a second time, must stand once. Take it out.")
        if "plan" in self.rules and self.kind == "rules":
            yield Fault(
                f"rules.{self.rules.index('plan')}",
                "is 'plan', which kind: rules does not make. Write kind: mpc, or take it out.",
            )
        if self.rules and self.kind == "mpc" and "plan" not in self.rules:
            yield Fault(
                "rules",
                "lack 'plan', so that the plan of kind: mpc is not used. Add it, or write kind: rules.",
            )
        if "ramp" in self.rules and self.ramp_mw_per_min is None:
            yield Fault("ramp_mw_per_min", "is missing, must be given with the rule 'ramp'. Write one.")
        if self.horizon_h * 3600.0 % STEP_S[self.plan_step]:
            yield Fault(
                "horizon_h",
                f"is {self.horizon_h:g}, must be whole steps of plan_step {self.plan_step}. Change one of them.",
            )
