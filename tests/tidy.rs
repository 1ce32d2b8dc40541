//! Rules about the repository itself; needs no server.
