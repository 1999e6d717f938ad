"""Audit: the monthly audit (月度审计), its findings (问题) and their rectification (整改)."""
