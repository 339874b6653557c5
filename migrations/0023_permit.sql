-- Permits that are not over: what they are for, so that what withdraws one in flight is found. It names no address, stays
-- when its customer is erased, and goes some minutes after its end.
CREATE TABLE vault.permit (
  organization uuid NOT NULL REFERENCES vault.organization,
  decision uuid NOT NULL,
  subject uuid NOT NULL,
  point uuid,                   -- where the message goes; none once that is nobody's
  named boolean NOT NULL,       -- whether the question named it
  client uuid NOT NULL,         -- that asked
  sender uuid NOT NULL,         -- that verifies it
  purpose text NOT NULL,
  channel text NOT NULL,
  at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization, decision)
);
CREATE INDEX permit_sender ON vault.permit (organization, sender, expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.permit TO vault_service;

-- The client that was given a permit for the message tells of it like the one that asked.
ALTER TABLE vault.reservation ADD COLUMN sender uuid;
