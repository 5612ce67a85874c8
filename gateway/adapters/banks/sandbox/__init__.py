"""A sandbox bank: one program, a process of its own with its own books, keys and accounts.

It shares no code with the gateway or the chain service and meets them over HTTP only: ISO 20022 messages in
and out, typed-data signatures by named officers, and behaviour a tester can order. Two of them make a payment
system: they settle with each other through `POST /interbank`.
"""
