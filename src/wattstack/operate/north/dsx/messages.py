"""The messages of DSX Flex 1.7, checked: every number and moment in its range, no key of data that is not known.

Needs    pydantic; operate.north.refusals.
Gives    Envelope, SetLoadTarget, Enforcement, PowerStates, BreachAlert, read_envelope, read_signed, envelope_of.
Used by  operate.north.dsx: check, way.

Each is a CloudEvent in structured mode: a JSON object whose `data` is a JWS. CloudEvents allow attributes that a
receiver does not know: those of the envelope are left; in what is signed they are refused, for they might change what
is meant.

Source:
    DSX Flex 1.7.0 (AsyncAPI, NVIDIA dsx-exchange, 2026); CloudEvents 1.0.2; W3C Trace Context. Bounds of lengths and
    counts: assumption.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid4

from pydantic import (
    UUID4,
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from wattstack.operate.north.refusals import Refused, read_strictly

LARGEST_BYTES = 65_536
LARGEST_MW = 1e5
LAST_S = 4e9  # until the year 2096, as the guard reads moments
IN_MW = {"watt": 1e-6, "kilowatt": 1e-3, "megawatt": 1.0}
SPEC = "1.0.2"
TYPES = {
    "loadtarget": "grid.loadtarget.set.v1", "powerstate": "grid.powerstate.status.v1",
    "powerbreach": "grid.powerbreach.alert.v1", "enforcement": "grid.powerbreach.enforcement.v1",
}  # fmt: skip

Tag = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Trace = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
Power = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Unit = Literal["watt", "kilowatt", "megawatt"]


def _possible(moment: datetime) -> datetime:
    """A year 1 ahead of UTC is before all years there: it could be read, and never be told again."""
    if not 0.0 <= moment.timestamp() <= LAST_S:
        raise ValueError("must be from 1970 to 2096")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_possible)]


class Strict(BaseModel):
    """What is signed: frozen, of the types it says, without keys that are not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Envelope(BaseModel):
    """The CloudEvent around what is signed."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    specversion: Literal["1.0.2"]
    id: UUID4
    source: Annotated[
        str,
        StringConstraints(max_length=200, pattern=r"^//grid/v1/(isv|dsx-flex-agent|infra)/[A-Za-z0-9_.-]+$"),
    ]
    type: Annotated[str, StringConstraints(max_length=100)]
    time: Moment
    datacontenttype: Literal["application/json"]
    subject: Annotated[str, StringConstraints(max_length=200)]
    traceparent: Trace
    tracestate: Annotated[str, StringConstraints(max_length=512)] | None = None
    correlationid: UUID4 | None = None
    data: Annotated[str, StringConstraints(max_length=LARGEST_BYTES)]

    @property
    def time_s(self) -> float:
        """When it was made, seconds since 1970 UTC."""
        return self.time.timestamp()


class LoadConstraint(Strict):
    """A power that must not be passed; 0 is none (null removes a target)."""

    value: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    unit: Unit

    @property
    def power_mw(self) -> float:
        """In our unit."""
        return self.value * IN_MW[self.unit]

    @model_validator(mode="after")
    def _possible(self) -> LoadConstraint:
        if self.power_mw > LARGEST_MW:
            raise ValueError(f"is {self.power_mw:g} MW, must be at most {LARGEST_MW:g}")
        return self


class Interval(Strict):
    """From when to when; without a start from now on, without an end until it is replaced."""

    start_time: Moment | None = None
    end_time: Moment | None = None

    @model_validator(mode="after")
    def _forward(self) -> Interval:
        if self.start_time is not None and self.end_time is not None and self.start_time >= self.end_time:
            raise ValueError("end_time must be after start_time")
        return self


class Strategy(Strict):
    """How load is shed; here only passed on: batteries cover first, and nothing is promised of the workload."""

    best_effort: bool = False


class LoadTarget(Strict):
    """One target; null as load_constraint removes what holds in its interval."""

    interval: Interval
    feed_tags: Annotated[tuple[Tag, ...], Field(max_length=64, strict=False)] = ()
    load_constraint: LoadConstraint | None
    strategy: Strategy = Strategy()


class SetLoadTarget(Strict):
    """What a publisher sets, all or nothing."""

    targets: Annotated[tuple[LoadTarget, ...], Field(min_length=1, max_length=32, strict=False)]


class MeasuredPower(Strict):
    """A power with its unit."""

    value: Power
    unit: Unit

    @property
    def power_mw(self) -> float:
        """In our unit."""
        return self.value * IN_MW[self.unit]


class Outcome(Strict):
    """What became of one resource."""

    resource_id: Tag
    resource_type: Literal["node", "gpu", "chassis"]
    requested_action: Literal["power_cap", "throttle", "suspend"]
    code: Literal["applied", "failed", "skipped"]
    message: Annotated[str, StringConstraints(max_length=500)] | None = None
    applied_power: MeasuredPower | None = None


class Enforcement(Strict):
    """What the infrastructure did about a breach."""

    breach_id: UUID4
    feed_tag: Tag
    action: Literal["applied", "reverted"]
    code: Literal["success", "partial", "error"]
    diag_msg: Annotated[str, StringConstraints(max_length=500)] | None = None
    results: Annotated[tuple[Outcome, ...], Field(max_length=2000, strict=False)]
    timestamp: Moment


class FeedLimits(Strict):
    """What a feed can be asked for."""

    power_minimum: MeasuredPower
    power_maximum: MeasuredPower
    default_constraint: MeasuredPower


class FeedTarget(Strict):
    """A target that an agent knows."""

    active: bool
    load_constraint: MeasuredPower
    interval: Interval
    strategy: Strategy
    correlation_id: UUID4


class FeedState(Strict):
    """How one feed of an agent is."""

    metadata: FeedLimits
    targets: Annotated[tuple[FeedTarget, ...], Field(max_length=1000, strict=False)]
    calculated_load: MeasuredPower
    in_flight: bool
    event: Literal[
        "target_set", "start_ramp_down", "end_ramp_down", "start_ramp_up", "end_ramp_up", "periodic"
    ]
    power_event_start_time: Moment | None = None
    compliant: bool


class PowerStates(Strict):
    """How all feeds of an agent are."""

    snapshot_time: Moment
    feeds: Annotated[dict[Tag, FeedState], Field(max_length=256)]


class BreachTime(Strict):
    """Which breach, since when, until when."""

    breach_id: UUID4
    detected_at: Moment
    resolved_at: Moment | None = None


class BreachTarget(Strict):
    """The target that is passed."""

    correlation_id: UUID4
    load_constraint: MeasuredPower


class ShedHint(Strict):
    """What an agent would shed; advice, not looked at here."""

    resource_id: Tag
    resource_type: Literal["node", "gpu", "chassis"]
    action: Literal["power_cap", "throttle", "suspend"]
    priority: Annotated[int, Field(ge=1)]
    target_power: MeasuredPower | None = None


class BreachAlert(Strict):
    """A target that an agent does not keep."""

    feed_tag: Tag
    status: Literal["active", "escalated", "resolved"]
    severity: Literal["warning", "critical"]
    breach: BreachTime
    target: BreachTarget
    measured_load: MeasuredPower
    shed_hints: Annotated[tuple[ShedHint, ...], Field(max_length=2000, strict=False)] = ()
    infrastructure_actions: Annotated[
        tuple[Literal["SHUTDOWN_NODES", "SHUTDOWN_RACKS", "CUT_DATA_FEEDS", "TRIP_BREAKERS"], ...],
        Field(max_length=20, strict=False),
    ]


# What is signed, and what a refusal calls it.
_SIGNED = {
    model: (TypeAdapter(model), what)
    for model, what in (
        (SetLoadTarget, "load target"), (Enforcement, "enforcement"), (PowerStates, "power state"),
        (BreachAlert, "breach"),
    )
}  # fmt: skip
_ENVELOPE = TypeAdapter(Envelope)
Signed = TypeVar("Signed", SetLoadTarget, Enforcement, PowerStates, BreachAlert)


def read_envelope(payload: bytes) -> Envelope:
    """The envelope of a message.

    Raises:
        Refused: Too large, or not of its shape.
    """
    if len(payload) > LARGEST_BYTES:
        raise Refused("oversized", f"a message has {len(payload)} bytes, must have at most {LARGEST_BYTES}")
    return read_strictly(_ENVELOPE, payload, "envelope")


def read_signed(model: type[Signed], payload: bytes) -> Signed:
    """What a publisher, the infrastructure or an agent signed.

    Args:
        model: SetLoadTarget, Enforcement, PowerStates or BreachAlert.

    Raises:
        Refused: Not of its shape.
    """
    adapter, what = _SIGNED[model]
    return read_strictly(adapter, payload, what)


def envelope_of(what: str, identifier: str, utc_s: float, data: str, **more: str | None) -> bytes:
    """A message of ours.

    Args:
        what: Key of TYPES. identifier: Our name on the bus. utc_s: Moment. data: Signed.
        more: correlationid; trace: traceparent that this follows from (its trace goes on, with a part of our own).
    """
    role = "isv" if what == "loadtarget" else "dsx-flex-agent"
    trace = (more.get("trace") or f"00-{secrets.token_hex(16)}-{'0' * 16}-01").split("-")
    told: dict[str, Any] = {
        "specversion": SPEC, "id": str(uuid4()), "source": f"//grid/v1/{role}/{identifier}",
        "type": TYPES[what], "time": iso(utc_s), "datacontenttype": "application/json", "subject": what,
        "traceparent": f"00-{trace[1]}-{secrets.token_hex(8)}-{trace[3]}", "data": data,
    }  # fmt: skip
    if more.get("correlationid"):
        told["correlationid"] = more["correlationid"]
    return json.dumps(told, allow_nan=False).encode()


def iso(utc_s: float) -> str:
    """A moment as others read it; every Moment can be.

    Example:
        >>> iso(1790000000.25)
        '2026-09-21T14:13:20.250Z'
    """
    return datetime.fromtimestamp(utc_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def power_of(power_mw: float) -> dict[str, Any]:
    """A power as others read it; what flows out counts as 0, for DSX Flex knows no sign."""
    return {"value": round(max(power_mw, 0.0), 6), "unit": "megawatt"}


def new_breach_id() -> str:
    """A name for a breach."""
    return str(UUID(bytes=secrets.token_bytes(16), version=4))
