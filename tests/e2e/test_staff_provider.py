"""Auditors and admins by their organization's provider: the whole way, roles that change, and providers that lie."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hmac import digest
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import make
from tests.e2e.colleague import CONSOLE, HOME, Colleague, at_the_desk, link
from tests.e2e.colleague import invited as invite
from tests.e2e.provider import KEY, STAFF, SUBJECT, Provider, come, jwk, sent, serving, signed_with
from tests.stage import Stage
from tests.tls import answer
from vault.actions.sign_in import staff
from vault.oauth.jws import base64url

OTHER = generate_private_key(65537, 2048)
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


async def reasons(stage: Stage) -> list[str]:
    entries = await stage.entries("sign_in_refused")
    assert {entry["how"] for entry in entries} <= {"provider"}
    return [entry["reason"] for entry in entries]


async def test_an_auditor_comes_by_the_provider_and_no_name_comes_along(stage: Stage) -> None:
    async with serving(stage) as provider:
        colleague = Colleague(stage)
        page = await come(provider, colleague)
        assert (colleague.at, page.heading) == ("/console/fernhill/", "Overview")
        assert "Auditor" in page.text
        assert "Your provider" in (await colleague.get("/you")).text
    assert set(colleague.cookies) == {CONSOLE}
    [added] = await stage.entries("staff_added")
    [signed_in] = await stage.entries("signed_in")
    assert (signed_in["how"], signed_in["actor"]["kind"]) == ("provider", "auditor")
    assert signed_in["actor"]["staff"] == added["of"]
    [row] = await stage.rows("SELECT * FROM vault.staff")
    assert len(row["tag"]) == 16


async def test_the_provider_is_told_where_to_send_people_back_and_asked_for_no_name(stage: Stage) -> None:
    async with serving(stage):
        asked = dict(parse_qsl(urlsplit(await sent(Colleague(stage))).query))
    assert asked["redirect_uri"] == f"{HOME}/console/fernhill/sign-in/provider/back"
    assert asked["scope"] == "openid groups"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


async def test_somebody_who_comes_again_is_the_same_and_somebody_else_another(stage: Stage) -> None:
    async with serving(stage) as provider:
        provider.people["Quokka.the-admin"] = ["marketing-ops"]
        for subject in (SUBJECT, SUBJECT, "Quokka.the-admin"):
            await come(provider, Colleague(stage), subject)
    assert [entry["role"] for entry in await stage.entries("staff_added")] == ["auditor", "admin"]
    first, second, third = (entry["actor"]["staff"] for entry in await stage.entries("signed_in"))
    assert first == second != third


async def test_a_role_that_changes_counts_from_the_next_sign_in_and_ends_what_was_open(stage: Stage) -> None:
    async with serving(stage) as provider:
        first, second = Colleague(stage), Colleague(stage)
        await come(provider, first)
        provider.people[SUBJECT] = ["marketing-ops"]
        assert "Auditor" in (await first.get("/")).text
        assert "Admin" in (await come(provider, second)).text
        assert (await first.get("/")).heading == "Sign in"
        [changed] = await stage.entries("staff_role_changed")
        [added] = await stage.entries("staff_added")
        assert (changed["of"], changed["role"]) == (added["of"], "admin")

        provider.people[SUBJECT] = ["sales"]
        page = await come(provider, Colleague(stage))
        assert (page.status, "not as either an auditor or an admin here" in page.text) == (422, True)
        assert (await second.get("/")).heading == "Sign in"
        [refused] = await stage.entries("sign_in_refused")
        assert (refused["reason"], refused["of"]) == ("provider_gives_no_role", added["of"])


async def test_a_role_taken_out_of_the_file_counts_from_the_next_sign_in(stage: Stage) -> None:
    async with serving(stage) as provider:
        assert (await come(provider, Colleague(stage))).heading == "Overview"
        given = {"issuer": provider.issuer, **STAFF, "auditors": ["legal"]}
        await stage.apply(make.organization() | {"staff_sign_in": given})
        assert (await come(provider, Colleague(stage))).status == 422
    assert await reasons(stage) == ["provider_gives_no_role"]


async def test_nobody_checks_the_log_of_what_they_declare_themselves(stage: Stage) -> None:
    provider = Provider(people={SUBJECT: ["data-protection", "marketing-ops"]})
    async with serving(stage, provider):
        assert (await come(provider, Colleague(stage))).status == 422
    assert await reasons(stage) == ["provider_gives_two_roles"]
    assert await stage.count("vault.staff") == 0


async def test_a_public_client_proves_itself_by_nothing_but_what_it_asked(stage: Stage) -> None:
    async with serving(stage, authentication="none") as provider:
        provider.vault_keys = None
        assert (await come(provider, Colleague(stage))).heading == "Overview"


async def test_whoever_comes_by_a_provider_has_no_passkey_beside_it(stage: Stage) -> None:
    async with serving(stage) as provider:
        colleague = Colleague(stage)
        page = await come(provider, colleague)
    assert "data-options" not in page.html
    page = await colleague.post("/passkeys", {"csrf": page.form("/sign-out").fields["csrf"], "credential": "{}"})
    assert (page.status, "You come by your provider" in page.text) == (422, True)
    assert await stage.count("keystore.passkey") == 0


async def test_whoever_is_removed_is_out_and_comes_back_as_somebody_new(stage: Stage) -> None:
    async with serving(stage) as provider:
        colleague = Colleague(stage)
        await come(provider, colleague)
        [listed] = await staff.show(stage.vault, await stage.operator())
        assert listed.by_provider
        await staff.remove(stage.vault, await stage.operator(), of=listed.id)
        assert (await colleague.get("/")).heading == "Sign in"
        await come(provider, colleague)
    [again] = await staff.show(stage.vault, await stage.operator())
    assert again.id != listed.id


async def test_what_a_provider_says_of_itself_is_read_once_in_ten_minutes(stage: Stage) -> None:
    async with serving(stage) as provider:
        for _ in range(2):
            await come(provider, Colleague(stage))
    assert sum("openid-configuration" in request.target for request in provider.seen) == 1
    assert sum(request.target.endswith("/jwks") for request in provider.seen) == 1


async def test_passkeys_stay_beside_a_provider(stage: Stage) -> None:
    async with serving(stage):
        colleague = Colleague(stage)
        assert (await colleague.enrol(link(await invite(stage)))).heading == "Overview"


# ── A browser that did not ask ───────────────────────────────────────────────────────────────────────────────────────
async def test_only_the_browser_that_asked_comes_back_and_only_once(stage: Stage) -> None:
    async with serving(stage, Provider(replays=True)) as provider:
        colleague, thief = Colleague(stage), Colleague(stage)
        query = provider.login(await sent(colleague))
        back = f"/sign-in/provider/back?{query}"
        assert "in another browser" in (await thief.get(back)).text
        cookies = {**colleague.cookies}
        assert (await colleague.get(back)).heading == "Overview"
        thief.cookies = cookies
        assert "in another browser" in (await thief.get(back)).text
    assert await reasons(stage) == ["provider_not_asked"] * 2


async def test_somebody_elses_code_is_of_no_use(stage: Stage) -> None:
    async with serving(stage) as provider:
        colleague, attacker = Colleague(stage), Colleague(stage)
        code = dict(parse_qsl(provider.login(await sent(attacker))))["code"]
        page = await come(provider, colleague, code=code)
    assert page.status == 422
    assert await reasons(stage) == ["provider_refused_code"]


async def test_what_was_asked_for_one_organization_is_not_for_another(stage: Stage) -> None:
    async with serving(stage) as provider:
        section = {"issuer": provider.issuer, **STAFF}
        await stage.apply(make.organization(slug="elsewhere") | {"staff_sign_in": section})
        colleague = Colleague(stage)
        query = provider.login(await sent(colleague))
        colleague.base = "/console/elsewhere"
        assert (await colleague.get(f"/sign-in/provider/back?{query}")).status == 422


@pytest.mark.parametrize("old", [True, False])
async def test_what_was_asked_ten_minutes_ago_is_over(stage: Stage, *, old: bool) -> None:
    async with serving(stage) as provider:
        colleague = Colleague(stage)
        query = provider.login(await sent(colleague))
        [(name, flow)] = colleague.cookies.items()
        safe = stage.vault.memory.here[await stage.organization()].safe
        told = msgspec.json.decode(safe.read("provider", urlsafe_b64decode(flow)))
        told["ends_at"] = datetime.now(UTC) + timedelta(seconds=-1 if old else 9)
        colleague.cookies[name] = urlsafe_b64encode(safe.ticket("provider", msgspec.json.encode(told))).decode()
        page = await colleague.get(f"/sign-in/provider/back?{query}")
    assert ("begun too long ago" in page.text) == old
    assert await reasons(stage) == ["provider_not_asked"] * old


@pytest.mark.parametrize("flow", ["", "x", "AAA=AAAA", "AAAA", "A" * 400])
async def test_a_forged_cookie_asked_for_nothing(stage: Stage, flow: str) -> None:
    async with serving(stage) as provider:
        colleague = Colleague(stage)
        query = provider.login(await sent(colleague))
        colleague.cookies = dict.fromkeys(colleague.cookies, flow)
        assert "begun too long ago" in (await colleague.get(f"/sign-in/provider/back?{query}")).text
    assert await reasons(stage) == ["provider_not_asked"]


# ── A provider that lies ─────────────────────────────────────────────────────────────────────────────────────────────
def unsigned(claims: dict[str, Any]) -> str:
    return ".".join([base64url(b'{"alg":"none","kid":"k"}'), signed_with(KEY, claims).split(".")[1], ""])


def with_the_public_key(claims: dict[str, Any]) -> str:
    header = base64url(b'{"alg":"HS256","kid":"k"}')
    head = f"{header}.{signed_with(KEY, claims).split('.')[1]}"
    return f"{head}.{base64url(digest(PEM, head.encode(), 'sha256'))}"


def own_shared_secret(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, b"vault" * 8, algorithm="HS256", headers={"kid": "k"})


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"claims": {"nonce": "another"}}, "provider_bad_id_token"),
        ({"claims": {"nonce": None}}, "provider_bad_id_token"),
        ({"claims": {"aud": "another"}}, "provider_bad_id_token"),
        ({"claims": {"aud": ["vault", "another"]}}, "provider_bad_id_token"),
        ({"claims": {"azp": "another"}}, "provider_bad_id_token"),
        ({"claims": {"iss": "https://evil.example"}}, "provider_bad_id_token"),
        ({"claims": {"exp": 1}}, "provider_bad_id_token"),
        ({"claims": {"exp": None}}, "provider_bad_id_token"),
        ({"claims": {"iat": 1}}, "provider_bad_id_token"),
        ({"claims": {"iat": 99_999_999_999}}, "provider_bad_id_token"),
        ({"claims": {"sub": None}}, "provider_bad_id_token"),
        ({"claims": {"groups": {"data-protection": True}}}, "provider_gives_no_role"),
        ({"claims": {"groups": None}}, "provider_gives_no_role"),
        ({"sign": unsigned}, "provider_bad_id_token"),
        ({"sign": with_the_public_key}, "provider_bad_id_token"),
        ({"sign": own_shared_secret}, "provider_bad_id_token"),
        ({"sign": lambda claims: signed_with(OTHER, claims)}, "provider_bad_id_token"),
        ({"sign": lambda claims: signed_with(KEY, claims, "RS512")}, "provider_bad_id_token"),
        ({"sign": lambda claims: signed_with(KEY, claims, kid="x")}, "provider_bad_id_token"),
        ({"keys": []}, "provider_bad_id_token"),
        ({"keys": [jwk(OTHER)]}, "provider_bad_id_token"),
        ({"tokens": answer(b"{}")}, "provider_no_id_token"),
        ({"tokens": answer(b'{"error": "invalid_client"}', status="401 Unauthorized")}, "provider_refused_code"),
        ({"tokens": answer(b"<p>no", kind="text/html")}, "fetch_not_json"),
        ({"tokens": answer(b"{}", "location: https://evil.example", status="302 Found")}, "fetch_redirected"),
        ({"tokens": answer(b"{}", status="500 Oh")}, "fetch_bad_status"),
    ],
)
async def test_a_provider_that_lies_lets_nobody_in(stage: Stage, spoilt: dict[str, Any], reason: str) -> None:
    async with serving(stage, Provider(**spoilt)) as provider:
        colleague = Colleague(stage)
        page = await come(provider, colleague)
    assert (page.status, page.heading) == (422, "Sign in")
    assert CONSOLE not in colleague.cookies
    assert await reasons(stage) == [reason]
    assert (await stage.count("vault.staff"), await stage.count("keystore.session")) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "reason", "says"),
    [
        ({"state": "another"}, "provider_other_state", "Begin once more."),
        ({"state": None}, "provider_other_state", "Begin once more."),
        ({"iss": "https://evil.example"}, "provider_mixed_up", "does not answer as it should"),
        ({"iss": None}, "provider_mixed_up", "does not answer as it should"),
        ({"code": None}, "provider_answer_malformed", "does not answer as it should"),
        ({"code": "guessed"}, "provider_refused_code", "does not answer as it should"),
        ({"code": None, "error": "access_denied"}, "provider_said_no", "Your provider did not let you in."),
    ],
)
async def test_an_answer_that_is_not_to_what_was_asked_lets_nobody_in(
    stage: Stage, changes: dict[str, str | None], reason: str, says: str
) -> None:
    async with serving(stage) as provider:
        page = await come(provider, Colleague(stage), **changes)
    assert (page.status, says in page.text) == (422, True)
    assert await reasons(stage) == [reason]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"issuer": "https://evil.example"}, "provider_mixed_up"),
        ({"token_endpoint": "http://localhost/token"}, "provider_unusable"),
        ({"code_challenge_methods_supported": ["plain"]}, "provider_unusable"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "provider_unusable"),
    ],
)
async def test_a_provider_that_cannot_do_what_is_needed_is_not_gone_to(
    stage: Stage, metadata: dict[str, Any], reason: str
) -> None:
    async with serving(stage, Provider(metadata=metadata)):
        colleague = Colleague(stage)
        await colleague.get("/sign-in")
        page = await colleague.press("/sign-in/provider")
    assert (page.status, "does not answer as it should" in page.text) == (422, True)
    assert colleague.cookies == {}
    assert await reasons(stage) == [reason]
    assert stage.vault.memory.providers == {}


async def test_a_provider_elsewhere_than_on_the_internet_is_not_asked_unless_it_is_trusted(stage: Stage) -> None:
    courier = stage.vault.courier
    async with serving(stage) as provider:
        stage.apps[0].state.vault = vault_with(stage, courier)
        colleague = Colleague(stage)
        await colleague.get("/sign-in")
        page = await colleague.press("/sign-in/provider")
    assert page.status == 422
    assert await reasons(stage) == ["fetch_private_address"]
    assert provider.seen == []


def vault_with(stage: Stage, courier: Any) -> Any:
    return msgspec.structs.replace(stage.vault, courier=courier)


async def test_a_keys_endpoint_that_names_another_servers_keys_is_believed_in_nothing_else(stage: Stage) -> None:
    # Whoever owns the metadata owns the keys; what holds is that the issuer is the one the file names.
    async with serving(stage, Provider(metadata={"jwks_uri": "https://localhost:1/jwks"})) as provider:
        assert (await come(provider, Colleague(stage))).status == 422
    assert await reasons(stage) == ["provider_bad_id_token"]


async def test_signing_in_by_provider_ends_nobody_elses_session(stage: Stage) -> None:
    async with serving(stage) as provider:
        other, _ = await at_the_desk(stage, "admin")
        await come(provider, Colleague(stage))
        assert (await other.get("/")).heading == "Overview"
