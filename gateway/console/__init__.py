"""Pages and printed text for people."""
