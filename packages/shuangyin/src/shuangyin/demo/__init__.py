"""The demonstration: the main job, done through the public HTTP API by a client that knows nothing else."""
