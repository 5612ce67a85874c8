"""The evidence service: a process of its own that knows which invoice is which and how much it is for.

It keeps the only secret that turns an invoice's identity into its nullifier, registers each invoice once, and
attests its cap to the ledger with its own key. It shares no code with the gateway or the chain service.
"""
