"""The decisions of authority on plain values: grants, delegations, and the separation of duties."""
