"""Bodies, read to the letter: `"2"` is no number and `5` is no time.

The framework reads parameters and bodies alike, and a parameter is always text; in a body the same leniency would turn
a number into a date of 1970. No value that was sent is repeated here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

from vault.api.parameters import read_personal

_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a body whose types are not those of its struct; one that is no JSON is the framework's to refuse."""
    field = request.route_handler.parsed_data_field
    if field is None:
        return
    try:
        _decoder(field.annotation).decode(await request.body())
    except msgspec.ValidationError as error:
        message = str(error)
        place = _PLACE.search(message)
        raise ValidationException(
            extra=[{"key": place[1] if place else "", "message": message.split(" - ", maxsplit=1)[0]}]
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=read_personal)
