"""Whether anybody is known by what was typed shows nowhere: not in a byte, not in a header, not in time."""

from __future__ import annotations

import re
from statistics import median
from time import perf_counter
from typing import Any

from tests import make
from tests.e2e.doors import letters, somebody
from tests.stage import Api, Stage
from tests.visitor import Visitor
from vault.actions.sign_in import knocking
from vault.store.database import Work

WRITES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) ([a-z_.]+)")


def same_length(number: int) -> str:
    return f"Quokka.{100_000 + number}@Quokkamail.example"


async def people(stage: Stage, api: Api, count: int) -> dict[str, list[str]]:
    """Addresses of one length: of the known, of nobody, of the erased."""
    known, erased = [], []
    for number in range(count):
        await somebody(api, contact_points=[make.point("email", same_length(number))])
        known.append(same_length(number))
        customer, address = await somebody(api, contact_points=[make.point("email", same_length(1000 + number))])
        await stage.erase(customer)
        erased.append(address)
    return {"known": known, "unknown": [same_length(2000 + number) for number in range(count)], "erased": erased}


def seen(visitor: Visitor, address: str) -> tuple[Any, ...]:
    """What is seen of an answer, without what is sealed anew each time: of that, how long it is."""
    response = visitor.last
    headers = [
        (name, re.sub(r"(=)[A-Za-z0-9_-]{40,}", lambda match: f"{len(match[0])}", value))
        for name, value in response.headers.items()
    ]
    html = response.text.replace(address, "…")
    return response.status_code, headers, re.sub(r'(name="csrf" value=")[^"]*', r"\1", html)


async def asked(stage: Stage, address: str, how: str) -> list[Any]:
    """Ask, look, try a code, ask again; return what was seen of each step."""
    visitor, steps = Visitor(stage.http), []
    await visitor.send("POST", "/p/fernhill/sign-in", data={"reach": address, "how": how})
    steps.append(seen(visitor, address))
    await visitor.get("/sign-in/code")
    steps.append(seen(visitor, address))
    if how == "code":
        for _ in range(5):
            await visitor.press("/sign-in/code", code="000 000")
            steps.append(seen(visitor, address))
    return steps


async def test_known_unknown_and_erased_see_the_same(stage: Stage, api: Api, monkeypatch: Any) -> None:
    monkeypatch.setattr(knocking, "ASKED_BY_NETWORK", 10_000)
    found = await people(stage, api, 2)
    by_how = []
    for how in ("code", "link"):
        each = [await asked(stage, addresses[how == "link"], how) for addresses in found.values()]
        plain = [re.sub(r"\d\d:\d\d", "", str(steps)) for steps in each]
        assert plain[0] == plain[1] == plain[2]
        by_how.append(each)
    assert len(by_how[0][0]) == 7
    assert len(await letters(stage)) == 2


async def test_known_and_unknown_do_the_same_work(stage: Stage, api: Api, monkeypatch: Any) -> None:
    found = await people(stage, api, 1)
    statements: list[str] = []
    fetch = Work.fetch

    async def listening(self: Work, statement: str, *arguments: object) -> Any:
        if "vault.allowance" not in statement:  # leased for a tenth of a second, whoever asks
            statements.append(statement)
        return await fetch(self, statement, *arguments)

    monkeypatch.setattr(Work, "fetch", listening)
    writes = {}
    for who, [address] in found.items():
        statements.clear()
        await Visitor(stage.http).send("POST", "/p/fernhill/sign-in", data={"reach": address, "how": "code"})
        counted = len(statements)
        writes[who] = counted, [WRITES.findall(one) for one in statements if WRITES.search(one)]
    assert writes["unknown"] == writes["erased"]
    assert writes["unknown"][0] == writes["known"][0]
    assert len(writes["unknown"][1]) == len(writes["known"][1])


async def test_known_unknown_and_erased_take_the_same_time(stage: Stage, api: Api, monkeypatch: Any) -> None:
    monkeypatch.setattr("vault.actions.sign_in.asking.ASKED_BY_NETWORK", 10_000)
    found = await people(stage, api, 40)
    times: dict[str, list[float]] = {who: [] for who in found}
    for number in range(40):
        for who, addresses in found.items():
            begun = perf_counter()
            await stage.http.post("/p/fernhill/sign-in", data={"reach": addresses[number], "how": "code"})
            times[who].append(perf_counter() - begun)
    middle = {who: median(each[5:]) for who, each in times.items()}
    spread = {who: sorted(each[5:])[len(each[5:]) // 4 :: len(each[5:]) // 2] for who, each in times.items()}
    for who in ("unknown", "erased"):
        noise = max(high - low for low, high in spread.values())
        assert abs(middle[who] - middle["known"]) < max(noise, 0.15 * middle["known"]), (middle, spread)


async def test_the_log_tells_who_was_meant_and_where_nobody_was_the_entry_has_no_subject(
    stage: Stage, api: Api
) -> None:
    found = await people(stage, api, 1)
    for addresses in found.values():
        visitor = Visitor(stage.http)
        await visitor.get("/sign-in")
        await visitor.press("/sign-in", reach=addresses[0])
        await visitor.press("/sign-in/code", code="000 000")
    asked, failed = await stage.entries("sign_in_asked"), await stage.entries("sign_in_failed")
    subjects = [entry.get("subject") for entry in asked]
    assert [subject is not None for subject in subjects] == [True, False, False]
    assert subjects == [entry.get("subject") for entry in failed]
    names = [sorted(set(entry) - {"subject", "salt"}) for entry in (*asked, *failed)]  # one of the two stands there
    assert len({str(one) for one in names[:3]}) == len({str(one) for one in names[3:]}) == 1
