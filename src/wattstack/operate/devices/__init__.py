"""Who speaks for which asset: templates, links, and the image of all values that the guard decides on.

Gives    Devices, Image, Quality, Command, follows: a site at work;
         Layout, read_template, templates_of, lay_out, layouts_of: what stands in its registers;
         Decoder, Point, encoded; Link, read_request, write_request: how it is spoken to.
Used by  operate.simulated, operate.guard, operate.commission; cli.check.
"""

from wattstack.operate.devices.commands import Command, follows
from wattstack.operate.devices.image import Devices, Image, layouts_of, templates_of
from wattstack.operate.devices.layout import Layout, lay_out
from wattstack.operate.devices.link import Link, read_request, write_request
from wattstack.operate.devices.points import Decoder, Point, Quality, encoded
from wattstack.operate.devices.template import read_template

__all__ = [
    "Command", "Decoder", "Devices", "Image", "Layout", "Link", "Point", "Quality", "encoded",
    "follows", "lay_out", "layouts_of", "read_request", "read_template", "templates_of", "write_request",
]  # fmt: skip
