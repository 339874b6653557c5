-- Exports that were restored here, by the digest of their manifest: one that was interrupted goes on, one that is done is
-- not done again.
CREATE TABLE vault.restoration (
  organization uuid NOT NULL REFERENCES vault.organization,
  manifest text NOT NULL,
  begun_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (organization, manifest)
);

GRANT SELECT, INSERT, UPDATE ON vault.restoration TO vault_service;
