"""What keeps tests and their runs from being read or written."""

from __future__ import annotations

from governance.messages import N_


class EvaluationError(Exception):
    """Something is wrong with the tests or a run; ``message_id`` with ``params`` says what."""

    message_id = ""

    def __init__(self, **params: str | int | float) -> None:
        self.params = params
        super().__init__(self.message_id.format(**params))


class FileTooLarge(EvaluationError):
    """More than anyone writes by hand."""

    message_id = N_("{file} is larger than {limit} bytes.")


class TooManyTests(EvaluationError):
    """More tests than a run could get through."""

    message_id = N_("{file} has more than {limit} tests.")


class NotReadable(EvaluationError):
    """It is not the YAML that is expected."""

    message_id = N_("{file} cannot be read: see line {line}.")


class NotATestFile(EvaluationError):
    """It is YAML, but not a list of tests."""

    message_id = N_("{file} is not a list of tests under «tests:».")


class TestInvalid(EvaluationError):
    """A test has a field that is not as it should be."""

    __test__ = False  # not one of pytest's
    message_id = N_("{file}: of the test no. {number}, these fields are wrong: {fields}.")


class NewTestInvalid(EvaluationError):
    """A test to be added has a field that is not as it should be."""

    message_id = N_("Of the new test, these fields are wrong: {fields}.")


class TestsNothing(EvaluationError):
    """A test that nothing could fail."""

    __test__ = False
    message_id = N_("The test «{id}» names neither a source nor words, nor is it unanswerable.")


class TestContradicts(EvaluationError):
    """A test that expects an answer and none."""

    __test__ = False
    message_id = N_("The test «{id}» is unanswerable, so it names neither sources nor words.")


class TestExists(EvaluationError):
    """Two tests of one id."""

    __test__ = False
    message_id = N_("There already is a test «{id}».")


class UnknownRun(EvaluationError):
    """No run of that name was kept."""

    message_id = N_("There is no run «{name}».")


class RunDamaged(EvaluationError):
    """The file of a run is not as it was written."""

    message_id = N_("The run «{name}» cannot be read.")


class ServerRuns(EvaluationError):
    """Answers need the indexes, which the running server owns."""

    message_id = N_(
        "Sobria is being served here, and its indexes belong to it: stop it, ask for answers on a "
        "copy of the data folder, or run without --answers."
    )
