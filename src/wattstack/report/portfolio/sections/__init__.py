"""The sections of a portfolio's report, each a function of the view that answers in HTML."""
