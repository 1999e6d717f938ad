"""Authority (授权): who may use or approve what, within which amount, count and time."""
