"""The figures of a portfolio's report: by period, by site, by future."""
