# Written by `python -m consent_vault._generate`: change the other half.
"""The one question over HTTP, by itself or with others."""

from __future__ import annotations

from collections.abc import Sequence

from consent_vault._generated.connection import SyncConnection
from consent_vault.answers import Decision, Decisions
from consent_vault.calls import Call
from consent_vault.machine import fresh
from consent_vault.problems import unreadable
from consent_vault.questions import Question, body, without_none


class SyncDecisions:
    """Asks. Each call has its key, so that made again it is still the same question."""

    def __init__(self, connection: SyncConnection, url: str) -> None:
        self._connection = connection
        self._url = f"{url}/v1/decisions"

    def one(self, question: Question, key: str | None = None) -> Decision:
        """Ask one question."""
        return self._connection.ask(self._call(self._url, body(question), key=key), Decision)

    def many(self, questions: Sequence[Question], key: str | None = None) -> tuple[Decision, ...]:
        """Ask up to 1,000 questions. One that makes no sense spoils all of them."""
        asked = body({"questions": [without_none(question) for question in questions]})
        answers = self._connection.ask(self._call(f"{self._url}/batch", asked, key=key), Decisions)
        if len(answers.decisions) != len(questions):
            raise unreadable(200)
        return answers.decisions

    def _call(self, url: str, asked: bytes, *, key: str | None) -> Call:
        headers = {"content-type": "application/json", "idempotency-key": key or fresh()}
        return Call(method="POST", url=url, headers=headers, body=asked)
