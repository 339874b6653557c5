"""All commands, read once for whatever is forked from the process that reads them (`tests.command`)."""

from vault.cli import (  # noqa: F401
    apply,
    client,
    doctor,
    erase,
    exporting,
    gate,
    importing,
    log,
    main,
    migrate,
    policy,
    receipt,
    serve,
    staff,
    token_key,
    witness,
    worker,
)
