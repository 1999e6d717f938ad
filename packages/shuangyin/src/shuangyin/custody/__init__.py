"""Custody: safes and their keepers, openings by two persons together, and the register of physical use."""
