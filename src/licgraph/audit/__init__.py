"""The audit: verdicts on every component of an inventory of millions."""
