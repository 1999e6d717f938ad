"""Every speed the documents state, as commands: `make bench`, or `python -m benchmarks --only NAME`."""
