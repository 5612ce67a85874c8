"""The one error of this package: a message that is not taken, and where in it the fault lies."""

from __future__ import annotations


class MessageRefused(Exception):
    """A bank message that the gateway does not act on.

    Attributes:
        document: the name the caller gave the message.
        element: path of the element at fault, such as `Document/BkToCstmrStmt/Stmt[1]/Bal`.
        rule: id of the rule, such as `STATEMENT-SUM`.
        message: what is wrong, with the values that disagree.
    """

    def __init__(self, document: str, element: str, rule: str, message: str) -> None:
        super().__init__(f"{document}: {element}: {rule}: {message}")
        self.document = document
        self.element = element
        self.rule = rule
        self.message = message
