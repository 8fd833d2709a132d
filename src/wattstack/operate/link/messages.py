"""What the processes of a site say to each other: JSON, every number in its range, no NaN, no key that is not known.

Needs    pydantic, errors.
Gives    Hello, Subscribe, Names, Request, Answer, State, Event, Message, read_message, write_message.
Used by  operate.link (server, client), and through it every process.

A request is bounded (low .. high) and expires (until_s): what nobody renews is forgotten.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from wattstack.errors import Fault, InputError

LARGEST_MW = 1e5  # of any power or energy that is asked for
LAST_S = 4e9  # until the year 2096
MOST_BYTES = 1_000_000

Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:#@-]+$")]
Line = Annotated[str, StringConstraints(max_length=500)]
Amount = Annotated[float, Field(ge=-LARGEST_MW, le=LARGEST_MW, allow_inf_nan=False)]
Moment = Annotated[float, Field(ge=0.0, le=LAST_S, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Plain = bool | int | Number | Line | None

Role = Literal["historian", "planner", "face", "north", "alarms", "commission"]
Source = Literal["planner", "user", "utility", "workload", "market"]
What = Literal[
    "battery_mw", "import_limit_mw", "export_limit_mw", "peak_mw", "load_cap_mw", "generator_mw", "mode",
    "reserve_mwh", "clear_lockout",
]  # fmt: skip
Mode = Literal["run", "shadow", "manual", "safe"]
Level = Literal["alarm", "command", "info"]


class Said(BaseModel):
    """A message: frozen, of the types it says, without keys that are not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Hello(Said):
    """Who connects."""

    kind: Literal["hello"] = "hello"
    role: Role


class Subscribe(Said):
    """Asks for states, events and frames: a state each period, a frame every `every_s`."""

    kind: Literal["subscribe"] = "subscribe"
    every_s: Annotated[float, Field(ge=0.02, le=60.0, allow_inf_nan=False)] = 1.0


class Names(Said):
    """The channels of the frames that follow, in their order; the first thing that who subscribes is told.

    Attributes:
        period_s: From one state to the next.
    """

    kind: Literal["names"] = "names"
    names: Annotated[tuple[str, ...], Field(max_length=100_000, strict=False)]
    period_s: Annotated[float, Field(gt=0.0, le=3600.0)] = 0.1


class Request(Said):
    """Something asked of the guard.

    Attributes:
        id: Of the asker's own choice, once.
        what: Which quantity; of which unit its name says. peak_mw, limits and caps are upper bounds: `high` counts.
        path: Of which asset ("battery.main"); None: of the campus.
        low, high: Bounds [MW or MWh]; `value` is both.
        mode: With what: mode.
        until_s: UTC; from then on it is forgotten.
        ends: It ends what the same speaker asked of the same thing, now; bounds and until_s do not count.
        second_user: With mode, limits and reserve of a user: another person who agrees.

    Example:
        >>> Request(id="1", source="planner", what="battery_mw", value=2.0, until_s=1e9).bounds
        (2.0, 2.0)
    """

    kind: Literal["request"] = "request"
    id: Word
    source: Source
    what: What
    path: Word | None = None
    low: Amount | None = None
    high: Amount | None = None
    value: Amount | None = None
    mode: Mode | None = None
    until_s: Moment
    ends: bool = False
    reason: Line = ""
    user: Word | None = None
    second_user: Word | None = None

    @model_validator(mode="after")
    def _whole(self) -> Request:
        given = [k for k in ("low", "high", "value", "mode") if getattr(self, k) is not None]
        if self.what == "mode":
            if given != ["mode"]:
                raise ValueError("mode must be given, and no number, with what: mode")
        elif self.what == "clear_lockout":
            if given:
                raise ValueError(f"{given[0]} must not be given with what: clear_lockout")
        elif given not in (["low"], ["high"], ["low", "high"], ["value"]):
            raise ValueError(f"value, or low and high, must be given with what: {self.what}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low is {self.low:g}, must be at most high {self.high:g}")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """At least, at most."""
        if self.value is not None:
            return self.value, self.value
        return (
            -LARGEST_MW if self.low is None else self.low,
            LARGEST_MW if self.high is None else self.high,
        )


class Answer(Said):
    """What became of a request."""

    kind: Literal["answer"] = "answer"
    id: Word
    taken: bool
    why: Line


class State(Said):
    """How the guard is, each period.

    Attributes:
        setpoints_mw: By asset, as decided; `reasons`: why, by asset.
        lockouts: By asset, why it stays out until a person clears it.
        requests: In force: id, source, what, path, until_s, and `did` in words.
        slack_mw: By step of arbitration that could not be kept, how far it was missed.
        alarms: That stand now, "where: what".
        values: Of the loop: cycle_ms, overruns, load_mw, reserve_mwh, ...
    """

    kind: Literal["state"] = "state"
    utc_s: Moment
    mode: Mode
    writes: bool
    holder: bool = True
    campus: Line = ""
    setpoints_mw: dict[str, Number] = {}
    reasons: dict[str, Line] = {}
    lockouts: dict[str, Line] = {}
    requests: Annotated[tuple[dict[str, Plain], ...], Field(max_length=100, strict=False)] = ()
    slack_mw: dict[str, Number] = {}
    alarms: Annotated[tuple[Line, ...], Field(max_length=1000, strict=False)] = ()
    values: dict[str, Number] = {}


class Event(Said):
    """Something that is kept in history."""

    kind: Literal["event"] = "event"
    utc_s: Moment
    level: Level
    channel: Annotated[str, StringConstraints(max_length=100)]
    text: Line
    data: dict[str, Plain] = {}


Message = Annotated[Hello | Subscribe | Names | Request | Answer | State | Event, Field(discriminator="kind")]
_ANY: TypeAdapter[Message] = TypeAdapter(Message)


def read_message(body: bytes) -> Message:
    """A message from its bytes.

    Raises:
        InputError: It is too long, no JSON, or not of a known kind with its numbers in range; all faults at once.
    """
    if len(body) > MOST_BYTES:
        raise InputError("message", [f"has {len(body)} bytes, must have at most {MOST_BYTES}."])
    try:
        return _ANY.validate_json(body)
    except ValidationError as error:
        faults = [
            Fault(".".join(str(part) for part in one["loc"])[:100], one["msg"][:200])
            for one in error.errors(include_input=False, include_url=False)[:20]
        ]
        raise InputError("message", faults) from None


def write_message(message: Message) -> bytes:
    """A message as it goes over the wire; what stands at its default stays away.

    Example:
        >>> write_message(Hello(role="face"))
        b'{"kind":"hello","role":"face"}'
    """
    return message.model_dump_json(exclude_none=True).encode()
