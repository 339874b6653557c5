-- Audiences: many customers screened at once, in the background. Results hang on subjects, so that nothing here leads
-- to an erased customer; there is never a personal value in them. All of it goes some weeks after its end.
CREATE TABLE vault.audience (
  organization uuid NOT NULL REFERENCES vault.organization,
  id uuid NOT NULL,
  client uuid NOT NULL,
  actor bytea NOT NULL,         -- as the client asked: its token's id, scopes and reach
  screening bytea NOT NULL,     -- purpose, channel, and what reading the result hands out
  everyone boolean NOT NULL,
  repeat uuid,                  -- a tag of the client's own key for this request
  state text NOT NULL,          -- receiving, queued, running, done, cancelled, failed
  size bigint NOT NULL,
  planned bigint NOT NULL,      -- how many of everyone are in a chunk
  after uuid,                   -- of everyone: the last who is
  until uuid,                   -- and the last who is to be; none when all are planned, or came as a list
  code text,                    -- why it failed
  made_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (organization, id)
);
CREATE UNIQUE INDEX audience_repeat ON vault.audience (organization, client, repeat) WHERE repeat IS NOT NULL;
CREATE INDEX audience_underway ON vault.audience (organization, made_at) WHERE state IN ('queued', 'running');

-- Who is to be asked about, a thousand at a time. The transaction that answers a chunk takes it away.
CREATE TABLE vault.audience_chunk (
  organization uuid NOT NULL,
  audience uuid NOT NULL,
  first bigint NOT NULL,        -- the number of its first line
  customers uuid[] NOT NULL,    -- of each line one of three
  tags uuid[] NOT NULL,         -- by which the blind index knows a reference
  errors text[] NOT NULL,
  PRIMARY KEY (organization, audience, first)
);
CREATE TABLE vault.audience_result (
  organization uuid NOT NULL,
  audience uuid NOT NULL,
  first bigint NOT NULL,
  subjects uuid[] NOT NULL,
  decisions uuid[] NOT NULL,
  told integer[] NOT NULL,      -- which of the grounds each was told
  defers timestamptz[] NOT NULL,
  grounds text[] NOT NULL,      -- an outcome and its reasons, with blanks between
  counts integer[] NOT NULL,    -- how many were told each
  PRIMARY KEY (organization, audience, first)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.audience TO vault_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.audience_chunk TO vault_service;
GRANT SELECT, INSERT, DELETE ON vault.audience_result TO vault_service;
