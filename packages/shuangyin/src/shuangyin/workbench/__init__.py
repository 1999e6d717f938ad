"""Home: what needs me now, what I wait for, and what is happening with our seals."""
