"""The story: every party a process or a desk of its own, from document files to settled money."""
