"""The use cases of custody, one module each."""
