"""An import is undone: what it brought counts no more, its noes do, and whom it alone made is erased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from tests import make
from tests.e2e.doors import sign_in
from tests.house import read_tables
from tests.stage import Api, Stage, codes, now, raw_id, refused, said
from tests.visitor import Visitor
from vault.actions.undoing import working
from vault.base.ids import IMPORT, show

Json = dict[str, Any]

BROUGHT: Final = (
    "vault.attribute",
    "vault.contact_point",
    "vault.external_reference",
    "keystore.blind_index",
)
REASON: Final = "It was the file of another company"


async def an_import(stage: Stage, *, state: str = "done", dry: bool = False, client: str = "everything") -> str:
    """Write the row of an import that a client gave."""
    own = uuid4()
    await stage.rows(
        "INSERT INTO vault.import (organization, id, digest, exported_at, dry, state, client, made_at) "
        "SELECT o.id, $1, 'none', now(), $2, $3, c.id, now() FROM vault.organization o "
        "JOIN vault.client c ON c.organization = o.id AND c.key = $4 WHERE o.slug = 'fernhill'",
        own,
        dry,
        state,
        client,
    )
    return show(IMPORT, own)


async def bring(stage: Stage, import_: str, customer: str, *, made: bool = True) -> None:
    """Let all that is known of somebody so far be what an import brought."""
    own, by = raw_id(customer), raw_id(import_)
    for table in BROUGHT:
        await stage.rows(f"UPDATE {table} SET brought_by = $1 WHERE customer = $2", by, own)  # noqa: S608 - tables of ours
    if made:
        await stage.rows("UPDATE vault.customer SET brought_by = $1 WHERE id = $2", by, own)
    await stage.rows(
        "UPDATE vault.fact SET brought_by = $1, source = 'import', method = 'import', client = NULL "
        "WHERE subject = (SELECT subject FROM keystore.subject WHERE customer = $2)",
        by,
        own,
    )


async def undo(api: Api, import_: str, **given: Any) -> Json:
    """Undo an import, and erase whom it leaves."""
    return await api.post(f"/v1/imports/{import_}/undo", given)


async def reach(api: Api, email: str) -> Json:
    """Ask about sales by e-mail for whoever has an address."""
    return await api.decide(contact=make.point("email", email))


async def somebody(api: Api, **given: Any) -> tuple[str, Json]:
    """Register somebody with an address and a reference, and return who they are."""
    registration = make.customer(**{"contact_points": [make.point("email", make.email())], **given})
    return await api.register(**registration), registration


async def test_an_undone_import_leaves_out_its_yeses_and_keeps_its_noes(stage: Stage, api: Api) -> None:
    import_ = await an_import(stage)
    yes, its_yes = await somebody(api)
    await api.grant(yes)
    no, its_no = await somebody(api)
    await api.grant(no)
    await api.say_no("refusals", no, at=now().isoformat())
    await bring(stage, import_, yes)
    await bring(stage, import_, no)
    spoke, its_own = await somebody(api)
    await bring(stage, import_, spoke)
    await api.grant(spoke, channel="email")
    other, its_other = await somebody(api, attributes={"first_name": "Quokka"})
    await api.grant(other)
    before = await stage.written()
    told = await undo(api, import_, dry=True)
    assert (told["dry"], told["customers"], told["stay"]) == (True, 2, 1)
    assert (told["yeses"], told["noes"], told["contact_points"], told["references"]) == (2, 1, 3, 3)
    assert await stage.written() == before
    assert (await reach(api, its_yes["contact_points"][0]["value"]))["allowed"]

    told = await undo(api, import_)
    assert (told["customers"], told["left"]) == (2, 2)
    assert told["undone_at"] is not None
    for gone in (its_yes, its_no, its_own):
        answer = await reach(api, gone["contact_points"][0]["value"])
        assert not answer["allowed"]
    assert not (await api.decide(customer=yes))["allowed"]
    assert codes(await api.decide(customer=spoke)) == ["unreachable"]  # they said so themselves, and have no address
    shown = await api.get(f"/v1/customers/{spoke}")
    assert (shown["contact_points"], shown["external"], shown["attributes"]) == ([], [], [])
    assert (await reach(api, its_other["contact_points"][0]["value"]))["allowed"]

    await working.once(stage.vault)
    for customer in (yes, no):
        refused(await api.send("GET", f"/v1/customers/{customer}"), 404, "unknown_customer")
    assert await stage.count("vault.erasure_mark") == 0
    again = await undo(api, import_)
    assert (again["left"], again["undone_at"]) == (0, told["undone_at"])
    refused(
        await api.send("POST", f"/v1/imports/{import_}/undo", {"with_noes": True, "reason": REASON}),
        409,
        "already_undone",
    )

    # Whoever is brought in again finds the no, and may be asked as before where there was none.
    for registration in (its_yes, its_no, its_own):
        await api.register(**registration)
    assert not (await reach(api, its_no["contact_points"][0]["value"]))["allowed"]
    anew = [customer for customer in (await found(api, its_no)) if customer != no]
    await api.grant(anew[0], at=(now() - timedelta(days=1)).isoformat())
    assert codes(await api.decide(customer=anew[0])) == ["refused"]
    [anew_yes] = await found(api, its_yes)
    assert codes(await api.decide(customer=anew_yes)) == ["never_asked"]


async def found(api: Api, registration: Json) -> list[str]:
    """Return who has an address."""
    sought = await api.post("/v1/customers/lookup", {"contact": registration["contact_points"][0]})
    return [str(one) for one in sought["customers"]]


async def test_an_import_undone_with_its_noes_leaves_nothing_but_the_log(stage: Stage, api: Api) -> None:
    import_ = await an_import(stage)
    customer, registration = await somebody(api)
    point = registration["contact_points"][0]
    await api.grant(customer)
    await api.say_no("refusals", customer)
    await api.post("/v1/suppressions", {"contact": point})
    await stage.rows("UPDATE vault.suppression SET brought_by = $1", raw_id(import_))
    await bring(stage, import_, customer)
    for body in ({"with_noes": True}, {"with_noes": True, "reason": "short"}):
        refused(await api.send("POST", f"/v1/imports/{import_}/undo", body), 422, "no_reason")
    told = await undo(api, import_, with_noes=True, reason=REASON)
    assert (told["noes"], told["suppressions"], told["customers"]) == (1, 1, 1)
    await working.once(stage.vault)
    tables = await read_tables(stage.url)
    for table in (*BROUGHT, "keystore.customer_key", "keystore.subject", "vault.erasure_mark"):
        assert not tables[table], table
    assert all(row["brought_by"] == raw_id(import_) for row in (*tables["vault.fact"], *tables["vault.suppression"]))
    assert (await api.get("/v1/suppressions"))["suppressions"] == []
    [entry] = await stage.entries("import_undone")
    assert (entry["import"], entry["with_noes"], entry["noes"]) == (import_, True, 1)
    assert entry["reason_sealed"]  # the commitment: what it says lies sealed
    assert REASON not in str(entry)
    assert len(await stage.entries("erased")) == 1

    anew = await api.register(**registration)
    assert codes(await api.decide(customer=anew)) == ["never_asked"]
    await api.grant(anew)
    assert (await api.decide(customer=anew))["allowed"]


async def test_a_stop_and_a_no_for_an_address_outlast_an_undone_import(stage: Stage, api: Api) -> None:
    import_ = await an_import(stage)
    point = make.point("email", make.email())
    await api.post("/v1/suppressions", {"contact": point})
    await stage.rows("UPDATE vault.suppression SET brought_by = $1", raw_id(import_))
    await undo(api, import_)
    customer = await api.register(contact_points=[point])
    await api.grant(customer)
    assert codes(await api.decide(customer=customer)) == ["suppressed"]


async def test_what_was_known_before_an_undoing_is_told_as_it_was(stage: Stage, api: Api) -> None:
    import_ = await an_import(stage)
    customer, _ = await somebody(api)
    await api.grant(customer, at="2026-01-01T00:00:00Z")
    await bring(stage, import_, customer)
    await api.say_no("objections", customer, purpose="personalisation", channel="*")  # so they stay
    before = now().isoformat()
    await undo(api, import_)
    after = now().isoformat()
    stood = {}
    for known in (before, after):
        shown = (await api.get(f"/v1/customers/{customer}/consents", known_at=known))["consents"]
        stood[known] = {(one["purpose"], one["channel"]): one["state"] for one in shown}
    assert stood[before]["sales", "email"] == "granted"
    assert stood[after]["sales", "email"] == "never_asked"
    assert stood[before]["personalisation", "*"] == stood[after]["personalisation", "*"] == "objected"


async def test_whatever_was_undone_can_be_brought_again(stage: Stage, api: Api) -> None:
    import_ = await an_import(stage)
    customer, registration = await somebody(api)
    await bring(stage, import_, customer, made=False)
    await undo(api, import_)
    await working.once(stage.vault)
    assert await found(api, registration) == []
    again = await api.register(**registration)
    assert again != customer  # the reference that led to them is left out
    await api.post(f"/v1/customers/{customer}/contact-points", registration["contact_points"][0])
    attributes = {"attributes": registration["attributes"]}
    said(await api.send("PATCH", f"/v1/customers/{customer}", attributes))
    shown = await api.get(f"/v1/customers/{customer}")
    assert set(shown["attributes"]) == set(registration["attributes"])
    assert await found(api, registration) == sorted([customer, again])


async def test_a_person_is_shown_what_was_taken_back_and_keeps_an_address_they_proved(stage: Stage, api: Api) -> None:
    import_, visitor = await an_import(stage), Visitor(stage.http)
    address = make.email()
    customer = await api.register(contact_points=[make.point("email", address)])
    await api.grant(customer)
    await bring(stage, import_, customer)
    await sign_in(stage, visitor, address)
    told = await undo(api, import_)
    assert (told["customers"], told["stay"], told["contact_points"]) == (0, 1, 0)
    page = await visitor.get("/history")
    assert "Sales and price offers, by e-mail: you said yes" in page.text
    assert "It was brought in from an older list. No longer counts: On " in page.text
    assert "we took back the older list it came from." in page.text
    page = await visitor.get("/history?lang=de")
    assert "haben wir die ältere Liste zurückgenommen, aus der es kam." in page.text
    assert await found(api, {"contact_points": [make.point("email", address)]}) == [customer]


async def test_whoever_told_of_the_same_people_themselves_keeps_them(stage: Stage, api: Api) -> None:
    import_ = await an_import(stage)
    told, registration = await somebody(api)
    added, its = await somebody(api)
    for customer in (told, added):
        await bring(stage, import_, customer)
    assert await api.register(**registration) == told
    await api.post(f"/v1/customers/{added}/contact-points", its["contact_points"][0])
    before = {customer: await api.get(f"/v1/customers/{customer}") for customer in (told, added)}
    assert ((await undo(api, import_))["customers"], (await undo(api, import_))["stay"]) == (0, 2)
    for customer, there in before.items():
        shown = await api.get(f"/v1/customers/{customer}")
        assert shown["contact_points"] == there["contact_points"]
        assert shown["external"] == (there["external"] if customer == told else [])
        assert shown["attributes"] == []
    assert await found(api, registration) == [told]
    assert await api.register(**registration) == told


async def test_only_what_is_ones_own_and_was_carried_out_is_undone(stage: Stage, api: Api) -> None:
    own, looked_at = await an_import(stage), await an_import(stage, dry=True)
    staging, another = await an_import(stage, state="staging"), await an_import(stage, client="crm")
    path = "/v1/imports/{}/undo"
    for import_, status, code in (
        (looked_at, 409, "import_dry"),
        (staging, 409, "import_not_done"),
        (another, 404, "unknown_import"),
        (show(IMPORT, UUID(int=7)), 404, "unknown_import"),
    ):
        refused(await api.send("POST", path.format(import_), {}), status, code)
    half = await an_import(stage, state="settling")
    assert (await undo(api, half))["customers"] == 0
    [row] = await stage.rows("SELECT state, ended_at FROM vault.import WHERE id = $1", raw_id(half))
    assert (row["state"], row["ended_at"] is None) == ("undoing", False)
    only = await stage.client("only_decide")
    refused(await only.send("POST", path.format(own), {}), 403, "insufficient_scope")
    assert await stage.count("vault.import_undone") == 1


async def test_a_wish_to_be_erased_that_came_with_an_import_stays_like_a_no(stage: Stage, api: Api) -> None:
    registrations = []
    ways: list[Json] = [{}, {"with_noes": True, "reason": REASON}]
    for given in ways:
        import_ = await an_import(stage)
        customer, registration = await somebody(api)
        await bring(stage, import_, customer)
        await stage.rows(
            "INSERT INTO vault.rights_request (organization, customer, id, wanted, asked_at, brought_by) "
            "SELECT organization, id, $1, 'erasure', now(), $2 FROM vault.customer WHERE id = $3",
            uuid4(),
            raw_id(import_),
            raw_id(customer),
        )
        assert (await undo(api, import_, **given))["left"] == 1
        await working.once(stage.vault)
        assert await stage.count("vault.rights_request") == 0
        registrations.append(registration)
    refused(await api.send("POST", "/v1/customers", registrations[0]), 403, "not_accepted")
    assert said(await api.send("POST", "/v1/customers", registrations[1]))["created"]
