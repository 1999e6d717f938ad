"""Documents and their versions: bytes by digest, encrypted at rest, never overwritten."""
