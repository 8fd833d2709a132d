"""The sections of a report, each a function of the view that answers in HTML and hands its figures to the page."""
