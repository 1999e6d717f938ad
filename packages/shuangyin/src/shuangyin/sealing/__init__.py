"""Seal uses: putting an electronic seal on an approved document once, and recording a physical use."""
