"""Agreement: what units signed: who, why, which fields, which encoding, which protocol, which threshold."""
