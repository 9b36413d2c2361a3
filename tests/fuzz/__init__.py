"""Any bytes for anything that reads: one target an input, documents that are changed, and the seeds they start from."""
