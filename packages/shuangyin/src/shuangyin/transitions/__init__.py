"""What crosses areas: a seal ends, an organization is renamed, its head changes."""
