"""The same caption with another number: does a model count?"""

import re

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER = re.compile(rf"\b({'|'.join(NUMBERS)})\b", re.IGNORECASE)


def recounted(caption: str) -> str | None:
    """The caption with its first number word moved one up (ten to nine); None without a number of two or more.

    "one" is left alone, since it is more often a pronoun. After Paiss et al., "Teaching CLIP to Count to Ten" (2023),
    arXiv:2302.12066, Section 3.2, whose counterfactual captions take any other number.
    """
    for found in _NUMBER.finditer(caption):
        number = NUMBERS.index(found[0].lower())
        if number:
            other = NUMBERS[number + 1 if number + 1 < len(NUMBERS) else number - 1]
            other = other.capitalize() if found[0][0].isupper() else other
            return caption[: found.start()] + other + caption[found.end() :]
    return None
