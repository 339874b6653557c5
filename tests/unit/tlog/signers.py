"""What the tests of notes share: keys from fixed seeds, and notes that others published."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Final

from vault.crypto import note_keys
from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.hashes import Hash, leaf_hash
from vault.tlog.key import ALGORITHM, COSIGNATURE, COSIGNATURE_ML_DSA, PLAIN, Kind
from vault.tlog.note import Note
from vault.tlog.sign import Signer, sign

NOW: Final = 1_679_315_147
ORIGIN: Final = "vault.example/log/org/g1"
KINDS: Final[tuple[Kind, ...]] = (PLAIN, COSIGNATURE, COSIGNATURE_ML_DSA)

# golang.org/x/mod/sumdb/note, example_test.go.
PETER_SECRET: Final = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
PETER: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT: Final = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETER_LINE: Final = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH: Final = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
ENOCH_LINE: Final = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
PETER_NOTE: Final = f"{PETER_TEXT}\n{PETER_LINE}".encode()

# github.com/FiloSottile/torchwood, cmd/litewitness/testdata/mldsa.txt.
LITEWITNESS_SEED: Final = "2886adc2b0eabfce67c0472939127998bf886cf256bfee8ba76a253fce1146e0"

# A checkpoint of a running CT log with the witnesses that cosigned it, and their published keys.
ARCHE: Final = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
WITNESSES: Final = (
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
)


def published(name: str) -> bytes:
    return (Path(__file__).parent / "published" / name).read_bytes()


def signer(kind: Kind = PLAIN, name: str = ORIGIN) -> Signer:
    seed = sha256(f"{name} {kind}".encode()).digest()
    return Signer(name=name, kind=kind, key=note_keys.read(ALGORITHM[kind], seed))


def head(size: int = 7, root: Hash | None = None) -> Checkpoint:
    return Checkpoint(origin=ORIGIN, size=size, root=leaf_hash(b"root") if root is None else root)


def signed(text: str | Checkpoint, *signers: Signer, at: int = NOW) -> bytes:
    """A note with the signatures of `signers`."""
    text = text if isinstance(text, str) else checkpoint.write(text)
    return note.write(Note(text=text, signatures=tuple(sign(text, one, at=at) for one in signers)))
