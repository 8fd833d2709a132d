"""The twin's compiled loops; without checks, their doors are the files above.

Gives    the modules of this folder; nothing is compiled until one of them is imported.
Used by  twin, prove.
"""
