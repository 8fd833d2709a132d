"""What is wrong: a list that latches, knows what was first and who has seen it, and leaves the building.

Gives    Alarms: the service with its socket; ask_alarms: to see, acknowledge, shelve; Alarm, Book, Telling: the list;
         Syslog: a way off the machine for the log of changes too.
Used by  operate.historian (its process holds the service), operate.face, cli.
"""

from wattstack.operate.alarms.ask import ask_alarms
from wattstack.operate.alarms.book import Alarm, Book, Telling
from wattstack.operate.alarms.service import Alarms
from wattstack.operate.alarms.ways import Syslog

__all__ = ["Alarm", "Alarms", "Book", "Syslog", "Telling", "ask_alarms"]
