"""What a person can mend: the command says it in one line and ends, without a traceback."""


class MendableError(RuntimeError):
    """The message says what is wrong and what to do."""
