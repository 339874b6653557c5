-- What the log is searched by, and what lets auditors' tools read it without a session.

-- Who acted: the kind of actor, and for staff which of them: `client`, `customer`, `auditor/stf_…`.
ALTER TABLE vault.log_leaf ADD COLUMN actor text;
UPDATE vault.log_leaf l SET
  actor = concat_ws('/', told.body -> 'actor' ->> 'kind', told.body -> 'actor' ->> 'staff'),
  outcome = coalesce(l.outcome, told.body ->> 'said'),
  reasons = CASE
    WHEN l.kind IN ('denied', 'sign_in_failed', 'sign_in_refused', 'passkey_refused', 'passkey_not_made')
    THEN ARRAY[told.body ->> 'reason'] ELSE l.reasons
  END
FROM (SELECT organization, id, convert_from(body, 'UTF8')::jsonb AS body FROM vault.log_entry) told
WHERE told.organization = l.organization AND told.id = l.entry;

-- Most entries are decisions; whatever else is looked for by its kind is rare. Instants nearly follow numbers.
CREATE INDEX log_leaf_rare ON vault.log_leaf (organization, kind, generation, number) WHERE kind <> 'decision';
CREATE INDEX log_leaf_at ON vault.log_leaf
  USING brin (organization, at) WITH (autosummarize = on);

-- A capability: whoever holds its 256 bits reads checkpoints, tiles and entries. Only its SHA-256 is kept.
CREATE TABLE vault.log_capability (
  organization uuid NOT NULL,
  id uuid NOT NULL,
  digest bytea NOT NULL,
  made_by text NOT NULL,  -- as in log_leaf.actor
  made_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (organization, id),
  UNIQUE (organization, digest)
);

GRANT SELECT, INSERT, UPDATE ON vault.log_capability TO vault_service;
-- How much waits for its number is told to whoever searches, for it is not found yet.
GRANT SELECT ON vault.log_pending TO vault_service;
