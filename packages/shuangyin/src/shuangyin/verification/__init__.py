"""What outsiders see: the public check of a seal use or of a file, without sign-in and without JavaScript."""
