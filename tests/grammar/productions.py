# SPDX-License-Identifier: Apache-2.0
"""The table of productions: which operators and patterns there are, and how often each is drawn."""

PRODUCTIONS = {}  # (domain, operator) -> function(draft, operator)
PATTERNS = []     # (weight, function(draft)): several nodes, as networks have them

# Operators without a production, and why.
NOT_DRAWN = {}

MICROSOFT = "com.microsoft"


def production(*operators, domain=""):
    def add(function):
        for operator in operators:
            PRODUCTIONS[domain, operator] = function
        return function
    return add


def pattern(weight):
    def add(function):
        PATTERNS.append((weight, function))
        return function
    return add
