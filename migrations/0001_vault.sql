-- The data, and apart from it the keystore: the two are backed up apart, and only together do they name a person.
-- Every key begins with the organization. Tags are 16 bytes, kept as uuid. No column has a default.
CREATE SCHEMA keystore;

CREATE TABLE vault.organization (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  epoch bigint NOT NULL,
  configuration text NOT NULL,
  recorded_at timestamptz NOT NULL
);

-- Every configuration ever used, so that a decision can be replayed years later.
CREATE TABLE vault.configuration (
  organization uuid NOT NULL REFERENCES vault.organization,
  digest text NOT NULL,
  document bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, digest)
);

CREATE TABLE vault.client (
  organization uuid NOT NULL REFERENCES vault.organization,
  id uuid NOT NULL,
  key text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id),
  UNIQUE (organization, key)
);

CREATE TABLE vault.client_secret (
  organization uuid NOT NULL,
  client uuid NOT NULL,
  digest bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, client, digest),
  FOREIGN KEY (organization, client) REFERENCES vault.client (organization, id)
);

-- Assertions already used (RFC 7523 section 3, jti), until they would have expired.
CREATE TABLE vault.assertion (
  organization uuid NOT NULL,
  client uuid NOT NULL,
  jti bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization, client, jti)
);

CREATE TABLE vault.customer (
  organization uuid NOT NULL REFERENCES vault.organization,
  id uuid NOT NULL,
  locale text,
  time_zone text,
  minor_until date,
  erased_at timestamptz,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id)
);

CREATE TABLE vault.attribute (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  name text NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (organization, customer, name),
  FOREIGN KEY (organization, customer) REFERENCES vault.customer (organization, id)
);

CREATE TABLE vault.contact_point (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  sealed bytea NOT NULL,
  tag uuid NOT NULL,
  is_primary boolean NOT NULL,
  verified_at timestamptz,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, customer, id),
  FOREIGN KEY (organization, customer) REFERENCES vault.customer (organization, id)
);

CREATE TABLE vault.external_reference (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  id uuid NOT NULL,
  source text NOT NULL,
  sealed bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, customer, id),
  FOREIGN KEY (organization, customer) REFERENCES vault.customer (organization, id)
);

-- What was said. `subject` is a person's random subject, or the tag of a contact point for a no about that point,
-- which binds everybody who has it and outlives erasure.
CREATE TABLE vault.fact (
  organization uuid NOT NULL REFERENCES vault.organization,
  subject uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  purpose text NOT NULL,
  channel text NOT NULL,
  at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  source text NOT NULL,
  method text NOT NULL,
  client uuid,
  contact_point uuid,
  notice integer,
  locale text,
  words text,
  until timestamptz,
  proven boolean NOT NULL,
  reference uuid,
  idempotency uuid,
  evidence bytea,
  PRIMARY KEY (organization, subject, id)
);

CREATE TABLE vault.suppression (
  organization uuid NOT NULL REFERENCES vault.organization,
  tag uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  channel text,
  at timestamptz NOT NULL,
  until timestamptz,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, tag, id)
);

CREATE TABLE vault.erasure_mark (
  organization uuid NOT NULL REFERENCES vault.organization,
  tag uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, tag)
);

-- The access log: what was asked and answered, and what still waits for its number.
CREATE TABLE vault.log_entry (
  organization uuid NOT NULL,
  id uuid NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (organization, id)
);

CREATE TABLE vault.log_pending (
  organization uuid NOT NULL,
  entry uuid NOT NULL,
  PRIMARY KEY (organization, entry)
);

CREATE TABLE keystore.organization_key (
  organization uuid NOT NULL,
  epoch integer NOT NULL,
  wrapped bytea NOT NULL,
  PRIMARY KEY (organization, epoch)
);

-- Keys of the organization by what they are for: index, suppression, repeat.
CREATE TABLE keystore.index_key (
  organization uuid NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  wrapped bytea NOT NULL,
  PRIMARY KEY (organization, name, version)
);

CREATE TABLE keystore.customer_key (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  kind text NOT NULL,
  version integer NOT NULL,
  wrapped bytea NOT NULL,
  PRIMARY KEY (organization, customer, kind, version)
);

-- The bridge between a customer and the subject of facts and entries. When it goes, nothing connects the two.
CREATE TABLE keystore.subject (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  subject uuid NOT NULL,
  PRIMARY KEY (organization, customer),
  UNIQUE (organization, subject)
);

CREATE TABLE keystore.blind_index (
  organization uuid NOT NULL,
  field text NOT NULL,
  version integer NOT NULL,
  tag uuid NOT NULL,
  customer uuid NOT NULL,
  owner uuid NOT NULL,
  PRIMARY KEY (organization, field, version, tag, customer, owner)
);
CREATE INDEX blind_index_customer ON keystore.blind_index (organization, customer);
-- A reference of a source names one customer.
CREATE UNIQUE INDEX blind_index_reference ON keystore.blind_index (organization, version, tag) WHERE field = 'reference';

-- Signing keys of access tokens: of the installation, so under its organization.
CREATE TABLE keystore.signing_key (
  organization uuid NOT NULL,
  kid text NOT NULL,
  wrapped bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, kid)
);

GRANT USAGE ON SCHEMA vault TO vault_service, vault_sequencer, vault_retention;
GRANT USAGE ON SCHEMA keystore TO vault_service;

GRANT SELECT ON vault.migration TO vault_service;
GRANT SELECT, INSERT ON vault.fact, vault.log_entry, vault.suppression, vault.erasure_mark, vault.configuration
  TO vault_service;
GRANT INSERT ON vault.log_pending TO vault_service;
GRANT SELECT, INSERT, UPDATE ON vault.organization, vault.client, vault.customer TO vault_service;
GRANT SELECT, INSERT, DELETE ON vault.client_secret, vault.assertion TO vault_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.attribute, vault.contact_point, vault.external_reference
  TO vault_service;
GRANT SELECT, INSERT ON keystore.organization_key, keystore.index_key, keystore.signing_key TO vault_service;
GRANT SELECT, INSERT, DELETE ON keystore.customer_key, keystore.subject, keystore.blind_index TO vault_service;

GRANT SELECT, DELETE ON vault.log_pending TO vault_sequencer;
GRANT SELECT ON vault.log_entry TO vault_sequencer;
