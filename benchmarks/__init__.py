"""Benchmarks: what wattstack takes beside its peers on the same case, and the bars it has to reach.

`python -m benchmarks NAME --json FILE` runs one of dispatch, site_plan, startup; README.md says what is
inside each timing. Peers are imported here only, never by the product.
"""
