-- What lies sealed beside an entry that commits to it: what a person's own device showed, and the reason that somebody
-- gave for looking. With a subject, it is sealed under that customer's key and goes with an erasure; without one it is
-- of nobody the vault knows, or of staff, and sealed under a key of the organization.
CREATE TABLE vault.log_detail (
  organization uuid NOT NULL,
  entry uuid NOT NULL,
  what text NOT NULL,
  subject uuid,
  sealed bytea NOT NULL,
  PRIMARY KEY (organization, entry, what)
);
CREATE INDEX log_detail_subject ON vault.log_detail (organization, subject) WHERE subject IS NOT NULL;

GRANT SELECT, INSERT, DELETE ON vault.log_detail TO vault_service;
GRANT SELECT, DELETE ON vault.log_detail TO vault_retention;
