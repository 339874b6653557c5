"""`consent-vault gate smtp` as a process: what it needs is said in a sentence; without its vault mail is put off."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from smtplib import SMTP, SMTPDataError
from typing import Any

import pytest

from tests import make
from tests.command import COMMAND, PATIENCE, environment, run

NOWHERE = "http://127.0.0.1:1"
ENOUGH = ("--vault", NOWHERE, "--client-id", "fernhill.mailer", "--relay", "smtp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "give --vault, or set GATE_VAULT"),
        (ENOUGH[:4], "give --relay, or set GATE_RELAY"),
        (ENOUGH, "give --key-file or --secret-file, and only one of them"),
        ((*ENOUGH, "--secret-file", "/nowhere"), "--secret-file: this file cannot be read"),
        ((*ENOUGH, "--key-file", os.devnull), "private_key is no unencrypted private key in PEM"),
        ((*ENOUGH, "--listen", "8525"), "--listen: write 127.0.0.1:8525"),
        ((*ENOUGH, "--listen", "127.0.0.1:99999"), "--listen: write 127.0.0.1:8525"),
        ((*ENOUGH, "--relay", "mail.example", "--secret-file", os.devnull),
         "--relay: write smtp://user:password@mail.example:587, or smtps://"),
    ],
)  # fmt: skip
def test_what_it_needs_is_said_in_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    assert run("gate", "smtp", *arguments).refused() == sentence


def begun(tmp_path: Path, **settings: str) -> tuple[subprocess.Popen[str], int]:
    with (tmp_path / "lines").open("a") as lines:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [COMMAND, "gate", "smtp", "--listen", "127.0.0.1:0", "--relay", "smtp://127.0.0.1:1"],
            stdout=subprocess.PIPE,
            stderr=lines,
            text=True,
            env=environment() | settings,
        )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith("Gate of fernhill.mailer at 127.0.0.1:")
    return process, int(first.rstrip(".\n").rpartition(":")[2])


def test_as_a_process_it_refuses_puts_off_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("quokka-secret\n")
    settings: dict[str, Any] = {
        "GATE_VAULT": NOWHERE, "GATE_CLIENT_ID": "fernhill.mailer", "GATE_SECRET_FILE": str(secret),
    }  # fmt: skip
    process, port = begun(tmp_path, **settings)
    address = make.email()
    try:
        for header, code in (("", 550), ("Consent-Permit: a.b.c\r\n", 451)):
            with SMTP("127.0.0.1", port, timeout=PATIENCE) as smtp, pytest.raises(SMTPDataError) as refused:
                smtp.sendmail("offers@fernhill.example", [address], f"{header}Subject: Quokkas\r\n\r\nDear\r\n")
            assert refused.value.smtp_code == code
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        assert process.stdout is not None
        said = process.stdout.read() + (tmp_path / "lines").read_text()
        process.stdout.close()
    assert '"reason": "no_vault"' in said
    assert not any(word in said.lower() for word in (address.lower(), "quokka", "fernhill.example", "traceback"))
