-- Prompts that were answered, until they would be over: each is answered once. `answer` is a keyed tag of whose answer it
-- was and what it said; nothing leads from here to anybody.
CREATE TABLE vault.prompt (
  organization uuid NOT NULL REFERENCES vault.organization,
  id uuid NOT NULL,
  answer bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id)
);

GRANT SELECT, INSERT, DELETE ON vault.prompt TO vault_service;
