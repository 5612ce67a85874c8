"""What a loan's terms say: when which part of it is due (decision 16; contracts/credit/terms).

A stateless twin of the contract Terms, one file for each kind that has arithmetic of its own. Everything follows
from the loan's own record, which never changes in its terms once the loan is drawn.
"""
