"""WHAT the company builds: sites, things with lead times, grid stages, servers, storage, a factory and its markets."""

from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.file import is_portfolio, read_portfolio
from wattstack.portfolio.market import Factory, Progress, Scenario, Segment, Supplier, Supply, Target
from wattstack.portfolio.parts import Gate, GenerationOffer, Item, Server, Site, Stage, StorageOffer
from wattstack.portfolio.progress import read_progress
from wattstack.portfolio.reach import reach
from wattstack.portfolio.schema import portfolio_schema
from wattstack.portfolio.whole import Compute, Money, Portfolio, Week

__all__ = [
    "Calendar", "Compute", "Factory", "Gate", "GenerationOffer", "Item", "Money", "Portfolio", "Progress",
    "Scenario", "Segment", "Server", "Site", "Stage", "StorageOffer", "Supplier", "Supply", "Target", "Week",
    "is_portfolio", "portfolio_schema", "reach", "read_portfolio", "read_progress",
]  # fmt: skip
