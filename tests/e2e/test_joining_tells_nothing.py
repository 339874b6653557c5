"""A link that confirms nothing tells nothing: unknown, mangled, foreign, used up, too old and erased are one page."""

from __future__ import annotations

from tests import make
from tests.e2e.joining import LETTER, asked
from tests.stage import Api, Stage


async def shown(stage: Stage, place: str) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """Return all that a place shows, however it is asked for."""
    looked = await stage.http.get(place)
    pressed = await stage.http.post(place, data={"say": "yes", "notice": str(LETTER["notice"]), "words": "0" * 64})
    assert (looked.status_code, looked.text) == (pressed.status_code, pressed.text)
    assert "set-cookie" not in looked.headers
    headers = sorted((name, value) for name, value in looked.headers.items() if name not in {"date", "x-request-id"})
    return looked.status_code, looked.text, tuple(headers)


async def test_mangled_foreign_used_and_erased_look_the_same(stage: Stage, api: Api) -> None:
    await stage.apply(make.organization("nahr"))
    _, link = await asked(stage, api)
    _, foreign = await asked(stage, await stage.client("everything", slug="nahr"))
    erased, lost = await asked(stage, api)
    await stage.erase(erased)
    _, used = await asked(stage, api)
    for say in ("yes", "no"):
        assert (await stage.http.post(used, data={"say": say})).status_code == 200
    places = {
        "mangled": link[:-6] + ("A" if link[-6] != "A" else "B") + link[-5:],
        "cut": link[:-20],
        "foreign": link[:27] + foreign[27:],
        "erased": lost,
        "used up": used,
    }
    found = {name: await shown(stage, place) for name, place in places.items()}
    assert len(set(found.values())) == 1, {name: one[:2] for name, one in found.items()}
    status, text, _ = found["erased"]
    assert status == 404
    assert "This link leads nowhere" in text
