"""Code tables and citations of law: dated data that other areas ask for by code."""
