"""Draw phantoms: whole numbers of exact distributions, from the machine's randomness."""

import math
import secrets
from fractions import Fraction


def draw_laplace(epsilon: Fraction) -> int:
    """Draw a whole number x with a probability proportional to exp(−ε·|x|).

    Exactly so, without floating-point numbers, whose gaps would reveal what noise is to hide
    (Canonne, Kamath and Steinke 2020, algorithm 2).
    """
    numerator, denominator = epsilon.numerator, epsilon.denominator
    while True:
        remainder = secrets.randbelow(denominator)
        if not _draw_exponential(remainder, denominator):
            continue
        quotient = 0
        while _draw_exponential(1, 1):
            quotient += 1
        size = (remainder + denominator * quotient) // numerator
        negative = secrets.randbelow(2)
        if size or not negative:
            return -size if negative else size


def _draw_exponential(numerator: int, denominator: int) -> bool:
    """Return true with probability exp(−numerator/denominator), of a fraction from 0 to 1."""
    terms = 1
    while secrets.randbelow(denominator * terms) < numerator:
        terms += 1
    return terms % 2 == 1


def fewest_phantoms(epsilon: Fraction, delta: Fraction) -> int:
    """Return the mean number c of phantoms of a partner: noise below −c is as rare as δ."""
    return math.ceil(math.log(1 / delta) / epsilon)


def draw_phantoms(epsilon: Fraction, delta: Fraction) -> int:
    """Draw how many phantoms a partner adds to a cell; c on average, and never below 0."""
    return max(0, fewest_phantoms(epsilon, delta) + draw_laplace(epsilon))


def variance_of_phantoms(epsilon: Fraction) -> float:
    decay = math.exp(-epsilon)
    return 2 * decay / (1 - decay) ** 2
