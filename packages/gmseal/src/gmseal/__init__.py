"""Electronic seals and seal signatures to the Chinese national standards, on PDF."""
