"""Who speaks for which asset: registers to values and back, one link a device.

Gives    Point, Decoder, encoded; Link, read_request, write_request.
Used by  operate.simulated, operate.guard, operate.commission.
"""

from wattstack.operate.devices.link import Link, Request, read_request, write_request
from wattstack.operate.devices.points import Decoder, Point, encoded

__all__ = ["Decoder", "Link", "Point", "Request", "encoded", "read_request", "write_request"]
