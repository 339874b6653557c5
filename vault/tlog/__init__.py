"""The transparency log, pure: trees, tiles, proofs, notes and witnesses. Bytes and hashes, never people or I/O."""
