"""A durable one-node chain in a process of its own: py-evm under Prague rules, its trie in SQLite.

It is for demonstrations, tests and small pilots on one machine: one writer, no peers, no consensus.
"""
