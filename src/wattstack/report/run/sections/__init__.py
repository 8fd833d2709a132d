"""The sections of the page of a run, each a function of the view that answers in HTML."""
