"""The outside systems: what implements the ports of the areas towards chains and authorities."""
