"""DPoP (RFC 9449): tokens bound to a key, proofs that whoever carries one holds the key, nonces of ours."""
