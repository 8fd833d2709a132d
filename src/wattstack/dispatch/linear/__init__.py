"""The general way: a running, or a whole sizing, written out as a linear or integer programme.

model  rows and columns by name       build, integer  a problem written out
solve  linear_dispatch                sizing  sizes as columns: solve_sizing
piqp, highs, check  who answers, and whether it is believed
lines, settle, ties, read  from an optimum to a schedule in merit order, fuller and smoother first
words  what is infeasible, in words
"""
