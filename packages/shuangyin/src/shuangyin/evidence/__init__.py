"""Evidence: pending entries → log → checkpoint. Every area records here, in the transaction of its use case."""
