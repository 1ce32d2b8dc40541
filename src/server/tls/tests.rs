//! TLS against certificates made on the spot.
