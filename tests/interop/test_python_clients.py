"""requests-oauthlib and Authlib's own client get along with the vault."""

# Neither library ships types:
# mypy: allow-untyped-calls

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests import make
from tests.interop.strangers import SECRET, Site, jwk

QUESTION = {"customer": "cus_06h0090m41t835kpwqjv10s1y0", "purpose": "sales", "channel": "email"}


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def test_requests_oauthlib_gets_a_token_by_a_secret_of_odd_characters_and_asks(site: Site) -> None:
    session = OAuth2Session(client=BackendApplicationClient(client_id="fernhill.basic", scope=["decide", "withdraw"]))
    # RFC 6749 section 2.3.1: both halves are form-encoded, which this library leaves to whoever calls it.
    basic = HTTPBasicAuth("fernhill.basic", quote_plus(SECRET))
    token = session.fetch_token(f"{site.url}/oauth/token", auth=basic)
    assert token["token_type"] == "Bearer"
    answer = session.post(f"{site.url}/v1/decisions", json=QUESTION)
    assert (answer.status_code, answer.json()["allowed"]) == (200, False)


def test_authlibs_client_gets_a_token_by_its_key_and_asks(site: Site) -> None:
    key = ECKey.import_key(jwk("ES256", private=True))
    endpoint = f"{site.url}/oauth/token"
    session = AuthlibSession("fernhill.es256", key, token_endpoint_auth_method="private_key_jwt", scope="decide")
    session.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
    token = session.fetch_token(endpoint, grant_type="client_credentials")
    assert "decide" in token["scope"].split()
    answer = session.post(f"{site.url}/v1/decisions", json=make.asked(customer=QUESTION["customer"]))
    assert (answer.status_code, answer.json()["allowed"]) == (200, False)
