"""Steps that every procedure of verification shares, whatever the container and the kind of signature."""
