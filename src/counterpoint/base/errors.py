"""The errors a user can meet: one class per remedy, each with the exit code the command line returns."""


class CounterpointError(Exception):
    """Root of every error raised on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 1


class InputError(CounterpointError, ValueError):
    """A file, row, argument or recipe is not what was expected; the message names it and says what was."""

    exit_code = 2


class NotFiniteError(InputError):
    """Embeddings hold NaN or infinity."""


class CheckpointError(InputError):
    """A checkpoint or run folder is missing, incomplete or corrupt."""


class DivergedError(CounterpointError):
    """Training went astray: the loss is not finite any more, or all embeddings have become the same."""


class MissingExtraError(CounterpointError, ImportError):
    """An optional package is needed for this; the message names the extra that brings it."""

    exit_code = 2


class StorageError(CounterpointError, OSError):
    """Writing failed (disk full, folder not writable); what was saved before is still whole."""

    exit_code = 2
