"""Nodes: the embedded one, a local anvil, and one JSON-RPC client that speaks to any of them."""
