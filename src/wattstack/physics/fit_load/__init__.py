"""A measured trace of a training job, and the job that the model needs to tell it again.

Gives    fit_job, FittedLoad, synthesise; observe, Observed, Marks, marks_of, coherence, common_and_own.
Used by  cli, report, benchmarks, the user.
"""

from wattstack.physics.fit_load.fit import FittedLoad, fit_job, synthesise
from wattstack.physics.fit_load.marks import Marks, coherence, common_and_own, marks_of
from wattstack.physics.fit_load.observe import Observed, observe

__all__ = [
    "FittedLoad",
    "Marks",
    "Observed",
    "coherence",
    "common_and_own",
    "fit_job",
    "marks_of",
    "observe",
    "synthesise",
]
