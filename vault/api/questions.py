"""Questions as they come in a batch, read at once where they are plain: a customer, a purpose and a channel.

A pattern asked of each text by itself takes several times as long as reading it. So ids are asked for all together, and
words once each; whatever is not plain, or not in order, is read one by one, which also says what is wrong.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from msgspec.json import Decoder

from vault.api.decisions import MOST, Questions
from vault.api.parameters import read_personal
from vault.base.ids import CUSTOMER, LETTERS, CustomerId
from vault.domain.decision.question import Question


class _Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    customer: str
    purpose: str
    channel: str


class _Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    questions: Annotated[list[_Plain], Meta(max_length=MOST)]


_PLAIN: Final = Decoder(_Batch)
_ANY: Final = Decoder(Questions, dec_hook=read_personal)
_CUSTOMERS: Final = re.compile(f"(?:{CUSTOMER}{LETTERS} )*")


def read(body: bytes) -> tuple[Question, ...]:
    """Return the questions of a batch; `msgspec.DecodeError` where they are not in order."""
    try:
        plain = _PLAIN.decode(body).questions
        words = {(one.purpose, one.channel): one for one in plain}
        msgspec.convert({"questions": [msgspec.structs.asdict(one) for one in words.values()]}, Questions)
    except msgspec.ValidationError:
        return _ANY.decode(body).questions
    if _CUSTOMERS.fullmatch("".join([f"{one.customer} " for one in plain])) is None:
        return _ANY.decode(body).questions
    return tuple(
        [Question(customer=CustomerId(one.customer), purpose=one.purpose, channel=one.channel) for one in plain]
    )
