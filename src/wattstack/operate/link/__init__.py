"""How the processes of a site speak to each other: checked messages, frames, a socket that only its owner opens.

Gives    Names, Request, Answer, State, Event, read_message, write_message: what is said; Frame: measured values;
         Server, Client, open_client: who says it; Line, STATE_LOST_S: a connection made again whenever it breaks;
         Standing, STILL: which alarms of a process stand; Memory: files of what a guard must not forget.
Used by  operate.guard, planner, historian, face, north, commission, supervise.
"""

from wattstack.operate.link.client import Client, open_client
from wattstack.operate.link.frames import Frame
from wattstack.operate.link.line import STATE_LOST_S, Line
from wattstack.operate.link.memory import Memory
from wattstack.operate.link.messages import Answer, Event, Names, Request, State, read_message, write_message
from wattstack.operate.link.server import Server
from wattstack.operate.link.standing import STILL, Standing

__all__ = [
    "STATE_LOST_S", "STILL", "Answer", "Client", "Event", "Frame", "Line", "Memory", "Names", "Request", "Server",
    "Standing", "State", "open_client", "read_message", "write_message",
]  # fmt: skip
