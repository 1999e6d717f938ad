"""Smart seals: permits go out, signed events come in, and every impression is accounted for."""
