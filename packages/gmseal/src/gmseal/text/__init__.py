"""Text of pages, for finding a place by what is written there. Nothing here needs more than it imports."""
