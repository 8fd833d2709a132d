"""Work that takes a while: progress on the terminal, a team that answers many questions.

Needs    errors; rich for the bar, dask.distributed for a cluster (the extra "cluster").
Gives    Team, cores, progress, Progress.
Used by  series (large files), physics (many batteries), plan (rounds, operation of many sites), prove, cli.

Ctrl-C is Python's own KeyboardInterrupt: it passes through, the bar is taken down first, and the command line
says what stands on disk and returns 130.
"""

from wattstack.work.bar import Progress, progress
from wattstack.work.cores import cores
from wattstack.work.team import Team

__all__ = ["Progress", "Team", "cores", "progress"]
