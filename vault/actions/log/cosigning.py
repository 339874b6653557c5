"""Witnesses asked to cosign: whoever else saw the log would notice if it were shown to somebody as another.

No transaction is open while one is asked. A witness that is away holds up nothing. One that saw more than we have, or
another history, is believed: it was chosen for that, and the log stops.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from vault.actions.log import watching
from vault.actions.log.guarding import Broken, Code
from vault.actions.log.parts import Sequencing, Witness
from vault.actions.vault import Vault
from vault.base.errors import VaultError
from vault.courier.fetch import Answered
from vault.store.database import DatabaseError
from vault.store.log import cosignatures, sequence
from vault.store.log import state as states
from vault.store.log.cosignatures import Open
from vault.tlog import note
from vault.tlog.proof import Tree, consistency_tiles
from vault.tlog.sign import Unverified
from vault.tlog.witness import (
    CONFLICT,
    INCONSISTENT,
    Request,
    read_conflict,
    read_response,
    write_request,
)

_LEAD: Final = 7_310_411_602_240_041
_PAUSE_SECONDS: Final = 1
_REST_SECONDS: Final = 30
_OK: Final = 200
_PATH: Final = "/add-checkpoint"
_log = structlog.get_logger()


async def keep(vault: Vault) -> None:
    """Ask every witness for every log, again and again, until cancelled."""
    sequencing = vault.sequencing
    if sequencing is None or not sequencing.witnesses:
        await asyncio.Event().wait()
        return
    loop = asyncio.get_running_loop()
    resting: dict[str, float] = {}
    async with sequencing.database.leading(_LEAD) as lead:
        while True:
            await lead.check()
            awake = [one for one in sequencing.witnesses if resting.get(one.url, 0) <= loop.time()]
            for witness, well in zip(
                awake, await asyncio.gather(*(ask(vault, sequencing, witness=one) for one in awake)), strict=True
            ):
                if not well:
                    resting[witness.url] = loop.time() + _REST_SECONDS
            await asyncio.sleep(_PAUSE_SECONDS)


async def ask(vault: Vault, sequencing: Sequencing, *, witness: Witness) -> bool:
    """Ask one witness for a cosignature of each log's last checkpoint; say whether it gave all of them."""
    well = True
    async with sequencing.database.work() as work:
        missing = await cosignatures.uncosigned(work, witness.verifier.vkey)
    for one in missing:
        try:
            await _ask(vault, sequencing, witness=witness, about=one)
        except DatabaseError:
            raise
        except Broken as broken:
            await watching.stop(vault, sequencing, organization=one.organization, broken=broken)
        except VaultError as error:
            well = False
            _log.warning(
                "witness_failed", witness=witness.verifier.name, organization=one.organization, code=error.code
            )
    return well


async def _ask(vault: Vault, sequencing: Sequencing, *, witness: Witness, about: Open) -> None:
    answer = await _send(vault, sequencing, witness=witness, about=about, old=about.old)
    if answer.status == CONFLICT:  # its file and our table are of different times
        seen = read_conflict(answer.body)
        if seen > about.size:
            await _doubt(sequencing, about, code="rolled_back", seen=seen)
            return
        answer = await _send(vault, sequencing, witness=witness, about=about, old=seen)
    if answer.status == INCONSISTENT:
        await _doubt(sequencing, about, code="forked", seen=None)
        return
    text = note.read(about.note).text
    given = read_response(answer.body, text, verifiers=[witness.verifier]) if answer.status == _OK else ()
    if not given:
        raise Unverified("witness_refused", "the witness did not cosign the checkpoint")
    async with sequencing.database.work(about.organization) as work:
        await cosignatures.add(work, about, witness=witness.verifier.vkey, line=note.lines(given))


async def _send(vault: Vault, sequencing: Sequencing, *, witness: Witness, about: Open, old: int) -> Answered:
    async with sequencing.database.work(about.organization) as work:
        tiles = await sequence.tiles(work, about.generation, wanted=[*consistency_tiles(old, about.size)])
    proof = tuple(Tree(about.size, tiles.__getitem__).consistency(old))
    body = write_request(Request(old_size=old, proof=proof, note=about.note))
    return await vault.courier.fetcher.post_text(witness.url + _PATH, text=body)


async def _doubt(sequencing: Sequencing, about: Open, *, code: Code, seen: int | None) -> None:
    """Stop the log, unless it is just that another sequencer went on meanwhile."""
    async with sequencing.database.work(about.organization) as work:
        before = await states.read(work)
    if before is None or before.generation != about.generation or (seen is not None and seen <= before.size):
        return
    raise Broken(code, before)
