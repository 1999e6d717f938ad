"""Simulated smart seals: they stand in for hardware in trials and tests, and are named as what they are.

Keys, records, counting and locking are the reference device of `sealdevice`; only the mechanism, the camera and the
senses are made up. Every misbehaviour that a platform has to notice can be had on demand.
"""
