"""Stand-ins for outside systems: they speak the published protocol for tests and trials, and are nothing else."""
