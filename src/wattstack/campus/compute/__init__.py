"""WHAT computes in a hall, and how its power moves within seconds: jobs, serving, what smooths them at the rack.

Gives    Job, Pause, Inference, Replay, GpuSmoothing, RackStorage.
Used by  campus.load; physics and twin for annotations.
"""

from wattstack.campus.compute.inference import Inference
from wattstack.campus.compute.jobs import Job, Pause
from wattstack.campus.compute.replay import Replay
from wattstack.campus.compute.smoothing import GpuSmoothing, RackStorage

__all__ = ["GpuSmoothing", "Inference", "Job", "Pause", "RackStorage", "Replay"]
