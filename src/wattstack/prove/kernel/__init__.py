"""Compiled proving: campaigns of outages, without checks; their door is the room above.

Gives    the modules of this folder; nothing is compiled until one of them is imported.
Used by  prove.
"""
