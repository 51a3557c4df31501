"""Formulas of spectral indices read as data: arithmetic on names and numbers, and nothing else.

The text is parsed with `ast` and walked; it is never executed. Allowed: + - * / **, a sign, parentheses, numbers, names.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

LONGEST, DEEPEST = 1000, 100  # characters, operations inside one another: no index is near either

_BINARY: Mapping[type[ast.operator], Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
}


@functools.lru_cache(maxsize=512)
def parsed(text: str) -> ast.expr:
    """The tree of a formula. Raises ValueError, with the reason, on anything but arithmetic.

    >>> names_in("g * (N - R) / (N + 1.0)")
    ('N', 'R', 'g')
    """
    if len(text) > LONGEST:
        raise ValueError(f"a formula has at most {LONGEST} characters, found {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"`{text}` is not an arithmetic expression") from None
    _check(tree, DEEPEST)
    return tree


def names_in(text: str) -> tuple[str, ...]:
    """Names that a formula uses, in alphabetical order. Raises ValueError as `parsed` does."""
    return tuple(sorted({node.id for node in ast.walk(parsed(text)) if isinstance(node, ast.Name)}))


def evaluate(text: str, values: Mapping[str, NDArray[np.float64] | float]) -> NDArray[np.float64]:
    """Value of a formula, float64, of the shape of the arrays; 0 where it is not a finite number (a division by zero, a root of a negative).

    values: name -> float64 array or number. Raises ValueError as `parsed` does, KeyError for a name without value.
    """
    with np.errstate(all="ignore"):
        found = np.asarray(_walk(parsed(text), values), np.float64)
    return np.where(np.isfinite(found), found, 0.0)


def _check(node: ast.AST, depth: int) -> None:
    if depth == 0:
        raise ValueError(f"a formula has at most {DEEPEST} operations inside one another")
    if isinstance(node, ast.BinOp) and isinstance(node.op, (*_BINARY, ast.Pow)):
        _check(node.left, depth - 1)
        _check(node.right, depth - 1)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        _check(node.operand, depth - 1)
    elif not (isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and type(node.value) in (int, float))):
        raise ValueError(f"only numbers, names and + - * / ** are allowed, found {type(node).__name__}")


def _walk(node: ast.expr, values: Mapping[str, NDArray[np.float64] | float]) -> NDArray[np.float64] | np.float64:
    if isinstance(node, ast.BinOp):
        left, right = _walk(node.left, values), _walk(node.right, values)
        return _power(left, right) if isinstance(node.op, ast.Pow) else _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp):
        operand = _walk(node.operand, values)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.Name):
        return np.float64(values[node.id]) if np.ndim(values[node.id]) == 0 else values[node.id]
    return np.float64(node.value)  # type: ignore[attr-defined]


def _power(base: NDArray[np.float64], exponent: NDArray[np.float64]) -> NDArray[np.float64]:
    # Squares and roots are rounded the same on every machine; the general power is not.
    if np.ndim(exponent) == 0 and exponent == 2:
        return base * base
    if np.ndim(exponent) == 0 and exponent == 0.5:
        return np.sqrt(base)
    return np.power(base, exponent)
