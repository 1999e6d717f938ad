"""An append-only Merkle log of evidence in the C2SP formats, with SM2 beside Ed25519."""
