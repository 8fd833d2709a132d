"""RUN: the live energy-management system, real devices behind the same seam as the twin.

Its parts are doors of their own: `operate.devices` and what grows beside it.
"""
