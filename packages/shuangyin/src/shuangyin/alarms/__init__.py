"""What went wrong, for whom, until when, with what verdict."""
