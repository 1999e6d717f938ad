"""Electronic seals and seal signatures of GB/T 38540-2020."""
