"""Words for class names: templates, and names that are no words."""

from collections.abc import Sequence

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError

TEMPLATES = {
    Kind.IMAGE: ("{}", "a photo of a {}.", "a picture of a {}.", "an image of the {}."),
    Kind.TEXT: ("{}", "This is about {}.", "This text is about {}.", "The topic is {}."),
}
"""What is asked when no prompt is given: the bare name and three sentences, averaged."""


def filled(templates: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """For each template, one prompt per class; underscores of names become blanks.

    Raises:
        InputError: A template without exactly one ``{}``.
    """
    for template in templates:
        if template.count("{}") != 1:
            raise InputError(f"--prompt must hold {{}} once, where the class goes, got {template!r}")
    words = [" ".join(name.replace("_", " ").split()) for name in names]
    return [[template.replace("{}", word) for word in words] for template in templates]


def no_words(names: Sequence[str]) -> str | None:
    """Why class names cannot be put into a prompt; None when they can."""
    if len(names) < 2:
        return "two classes with names are needed"
    bare = next((name for name in names if not any(letter.isalpha() for letter in name)), None)
    return None if bare is None else f"classes are numbers (such as {bare!r}), not words"
