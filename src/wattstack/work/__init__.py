"""Work that takes a while: progress on the terminal, a team that answers many questions.

Needs    errors; rich for the bar, dask.distributed for a cluster (the extra "cluster").
Gives    Team, progress, Progress.
Used by  series (large files), plan (rounds, operation of many sites), cli.

Ctrl-C is Python's own KeyboardInterrupt: it passes through, the bar is taken down first, and the command line
says what stands on disk and returns 130.
"""

from wattstack.work.bar import Progress, progress
from wattstack.work.team import Team

__all__ = ["Progress", "Team", "progress"]
