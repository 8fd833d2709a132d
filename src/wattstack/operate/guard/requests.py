"""What others ask of the guard: bounded, expiring, allowed to whom it asks, and never more than the campus has.

Needs    campus, operate.link.
Gives    RequestBook.
Used by  operate.guard.mind, loop.

Expiry runs on the monotonic clock from the moment a request was taken, so that a clock that is set back lets nothing
live longer. A number that was asked before is not asked again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from wattstack.operate.link import Answer, Request

if TYPE_CHECKING:
    from wattstack.campus import Campus

MOST = 64
MOST_KNOWN = 4096  # numbers of requests that are remembered
USER_S = 24.0 * 3600.0
SOURCES = {  # who may speak for whom
    "planner": ("planner",), "face": ("user",), "north": ("utility", "workload", "market"), "commission": ("user",),
}  # fmt: skip
ALLOWED = {
    "planner": ("battery_mw", "generator_mw", "peak_mw", "load_cap_mw"),
    "utility": ("battery_mw", "generator_mw", "import_limit_mw", "export_limit_mw", "load_cap_mw"),
    "market": ("battery_mw", "generator_mw"),
    "workload": ("load_cap_mw",),
}
TWO_PERSONS = ("mode", "import_limit_mw", "export_limit_mw", "peak_mw", "reserve_mwh")


class RequestBook:
    """Requests in force.

    Args:
        campus: Sizes stand.
        speed: Seconds of the site in a second of the wall (simulated sites).
    """

    def __init__(self, campus: Campus, speed: float = 1.0) -> None:
        self.campus, self._speed = campus, speed
        self._force: dict[tuple[str | None, ...], tuple[float, Request]] = {}
        self._known: OrderedDict[str, None] = OrderedDict()
        self._followed: set[tuple[str | None, ...]] = set()  # keys of what is another controller's
        self._most = _most_mw(campus)

    def take(self, request: Request, role: str, utc_s: float, time_s: float) -> Answer:
        """Take a request, or say why not.

        Args:
            request: Checked as a message.
            role: Of the client it came from.
            utc_s: Now, UTC.
            time_s: Now, monotonic.
        """
        why = self._wrong(request, role, utc_s)
        if why:
            return Answer(id=request.id, taken=False, why=why)
        if request.source != "planner":  # from outside, one that comes again may be a replayed one
            self._known[f"{request.source}:{request.id}"] = None
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        if request.ends:
            was = self._force.pop(_key(request), None)
            return Answer(id=request.id, taken=True, why="was not in force" if was is None else "is over")
        if request.what != "clear_lockout":
            ends_s = time_s + (request.until_s - utc_s) / self._speed
            self._force[_key(request)] = ends_s, request
        return Answer(id=request.id, taken=True, why=f"in force for {request.until_s - utc_s:.0f} s")

    def hand_over(self) -> None:
        """What others asked of us is the next controller's: it may have ended since."""
        self._followed |= {key for key, (_, request) in self._force.items() if request.source != "planner"}

    def follow(self, told: list[Request], utc_s: float, time_s: float) -> list[str]:
        """Hold what is in force at the controller that writes, and let go what was and is not any more.

        What its planner asks is left out: ours plans for us.

        Args:
            told: In force there.
            utc_s: Now, UTC.
            time_s: Now, monotonic.

        Returns:
            In words, what cannot be taken over.
        """
        refused, force = [], {}
        for one in told:
            if one.source == "planner" or one.until_s <= utc_s:
                continue
            longest_s = self._longest_s(one)  # its clock may be ahead of ours
            request = one.model_copy(update={"until_s": min(one.until_s, utc_s + longest_s)})
            role = next(role for role, sources in SOURCES.items() if request.source in sources)
            self._known.pop(f"{request.source}:{request.id}", None)  # it is the one that was told before
            why = self._wrong(request, role, utc_s)
            if why:
                refused.append(
                    f"{request.what} {request.path or ''}".rstrip() + f" of the other controller: {why}"
                )
                continue
            self._known[f"{request.source}:{request.id}"] = None
            force[_key(request)] = time_s + (request.until_s - utc_s) / self._speed, request
        for key in self._followed - set(force):
            self._force.pop(key, None)
        self._force |= force
        self._followed = set(force)
        return refused

    def _wrong(self, request: Request, role: str, utc_s: float) -> str:
        left_s = request.until_s - utc_s
        most_s = self._longest_s(request)
        if request.source not in SOURCES.get(role, ()):
            return f"{role} must not speak for {request.source}"
        if request.source != "user" and request.what not in ALLOWED[request.source]:
            return f"{request.source} must not ask for {request.what}"
        if f"{request.source}:{request.id}" in self._known:
            return f"id {request.id} was asked before, must be a new one"
        if left_s <= 0.0 and not request.ends:
            return f"until_s was {-left_s:.1f} s ago, must be ahead"
        if left_s > most_s:
            return f"until_s is {left_s:.0f} s ahead, must be at most {most_s:.0f} s for {request.source}"
        if request.source == "user" and request.user is None:
            return "user is missing, must be given"
        two = request.source == "user" and request.what in TWO_PERSONS
        if two and (request.second_user or request.user).lower() == request.user.lower():
            return f"second_user must be given with {request.what}, and be another than user"
        if len(self._force) >= MOST and _key(request) not in self._force and not request.ends:
            return f"{MOST} requests are in force, must be fewer"
        return self._outside(request)

    def _longest_s(self, request: Request) -> float:
        return USER_S if request.source in ("user", "utility") else self.campus.operate.request_s

    def _outside(self, request: Request) -> str:
        """A path or a number that the campus does not have."""
        kind = {"battery_mw": "battery", "generator_mw": "generator"}.get(request.what)
        known = [path for path in self._most if path.split(".")[0] == kind]
        if request.path is not None and request.what != "clear_lockout" and request.path not in known:
            return f"path is {request.path!r}, must be " + (
                f"one of {', '.join(known)}" if known else "absent"
            )
        if request.what in ("mode", "clear_lockout"):
            return ""
        most = sum(self._most[path] for path in ([request.path] if request.path else known))
        least = -most if kind == "battery" else 0.0
        if request.what == "reserve_mwh":
            most = sum(float(one.energy_mwh) for one in self.campus.battery.values())
        elif kind is None:
            most = float("inf")
        for name in ("value", "low", "high"):
            number = getattr(request, name)
            if number is not None and not least <= number <= most:
                return f"{name} is {number:g}, must be {least:g} .. {most:g}"
        return ""

    def in_force(self, time_s: float) -> list[Request]:
        """Those whose time is not over; `time_s` is monotonic."""
        self._force = {key: one for key, one in self._force.items() if one[0] > time_s}
        return [request for _, request in self._force.values()]

    def saved(self, utc_s: float, time_s: float) -> list[dict]:
        """What is in force, for state.json: until_s is set by the time that is left."""
        self.in_force(time_s)
        return [
            {**request.model_dump(), "until_s": utc_s + (ends_s - time_s) * self._speed}
            for ends_s, request in self._force.values()
        ]

    def restore(self, saved: list[dict], utc_s: float, time_s: float) -> None:
        """Take back what was in force before a restart, as far as its time is not over."""
        for raw in saved:
            request = Request.model_validate(raw)
            if request.until_s > utc_s and request.until_s - utc_s <= USER_S:
                self._force[_key(request)] = time_s + (request.until_s - utc_s) / self._speed, request
                self._known[f"{request.source}:{request.id}"] = None


def _key(request: Request) -> tuple[str | None, ...]:
    """What a new request takes the place of. Two who speak for the utility (a partner's target, an event of OpenADR) do
    not undo each other's limits: `user` says who, and the narrower one rules."""
    speaker = request.user if request.source in ("utility", "market", "workload") else None
    return request.source, request.what, request.path, speaker


def _most_mw(campus: Campus) -> dict[str, float]:
    return {
        f"{kind}.{name}": float(one.power_mw)
        for kind in ("battery", "generator")
        for name, one in getattr(campus, kind).items()
    }
