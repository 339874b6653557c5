-- Who checks the log and who declares the rules: an id and a role, and no name. `tag` is the keyed tag of whoever comes
-- by the organization's sign-in provider, and missing for those who were invited and have passkeys.
CREATE TABLE vault.staff (
  organization uuid NOT NULL REFERENCES vault.organization,
  id uuid NOT NULL,
  role text NOT NULL,
  tag bytea,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id),
  UNIQUE (organization, tag)
);

-- What opens doors, with the keystore's short retention. Passkeys are found by their id, which their device tells;
-- each is of a customer or of staff.
CREATE TABLE keystore.passkey (
  organization uuid NOT NULL,
  id bytea NOT NULL,
  customer uuid,
  staff uuid,
  public_key bytea NOT NULL,
  count bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id),
  CHECK (num_nonnulls(customer, staff) = 1)
);
CREATE INDEX passkey_of_customer ON keystore.passkey (organization, customer);
CREATE INDEX passkey_of_staff ON keystore.passkey (organization, staff);

-- Invitations: the SHA-256 of a link that makes one passkey.
CREATE TABLE keystore.invitation (
  organization uuid NOT NULL,
  digest bytea NOT NULL,
  staff uuid NOT NULL,
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (organization, digest)
);

-- Challenges that were answered, until nobody would believe an answer to them any more.
CREATE TABLE keystore.challenge (
  organization uuid NOT NULL,
  digest bytea NOT NULL,
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (organization, digest)
);
CREATE INDEX challenge_over ON keystore.challenge (organization, ends_at);

-- Whoever checks the log or declares the rules never comes in by something that was sent.
ALTER TABLE keystore.session ADD CONSTRAINT session_of_staff
  CHECK ((role = 'customer') = (staff IS NULL) AND (role = 'customer' OR how IN ('passkey', 'provider')));

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.staff, keystore.passkey TO vault_service;
GRANT SELECT, INSERT, DELETE ON keystore.invitation, keystore.challenge TO vault_service;
