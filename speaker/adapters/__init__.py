"""One outside thing a file. No adapter imports another."""
