"""The whole house of contracts on an in-process EVM, with a cast of parties who sign: what tests act on."""
