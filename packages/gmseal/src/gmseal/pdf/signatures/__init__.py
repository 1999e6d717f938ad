"""Kinds of signatures that a PDF can carry, each behind one small interface."""
