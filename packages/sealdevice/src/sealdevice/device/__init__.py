"""The inside of a device: what it remembers, and how it acts on permits, commands, persons and its own senses.

Real firmware may be written in anything; this is the reference for its behaviour, and the heart of the simulator.
"""
