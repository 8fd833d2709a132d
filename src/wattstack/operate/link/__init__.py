"""How the processes of a site speak to each other: checked messages, frames, a socket that only its owner opens.

Gives    Hello, Subscribe, Names, Request, Answer, State, Event, Message, read_message, write_message: what is said;
         Frame: measured values; Server, Client, open_client: who says it; Standing, STILL: which alarms of a process
         stand.
Used by  operate.guard, planner, historian, face, north, commission, supervise.
"""

from wattstack.operate.link.client import Client, open_client
from wattstack.operate.link.frames import Frame
from wattstack.operate.link.messages import (
    Answer,
    Event,
    Hello,
    Message,
    Names,
    Request,
    State,
    Subscribe,
    read_message,
    write_message,
)
from wattstack.operate.link.server import Server
from wattstack.operate.link.standing import STILL, Standing

__all__ = [
    "STILL", "Answer", "Client", "Event", "Frame", "Hello", "Message", "Names", "Request", "Server", "Standing",
    "State", "Subscribe", "open_client", "read_message", "write_message",
]  # fmt: skip
