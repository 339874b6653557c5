-- Merges: who is one person with whom. A merge is a row and its opposite is another; neither moves a fact or a value.
-- They name customers, so they go with them.
CREATE TABLE vault.merge (
  organization uuid NOT NULL REFERENCES vault.organization,
  id uuid NOT NULL,
  kept uuid NOT NULL,           -- the customer that stays
  joined uuid NOT NULL,         -- the customer that joins
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id)
);
CREATE INDEX merge_joined ON vault.merge (organization, joined);
CREATE INDEX merge_kept ON vault.merge (organization, kept);

CREATE TABLE vault.merge_undone (
  organization uuid NOT NULL,
  merge uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, merge),
  FOREIGN KEY (organization, merge) REFERENCES vault.merge (organization, id)
);

-- Two customers who may be one person, for somebody to decide; `why` are codes. The lesser id stands first.
CREATE TABLE vault.merge_suggestion (
  organization uuid NOT NULL,
  one uuid NOT NULL,
  other uuid NOT NULL,
  why text[] NOT NULL,
  recorded_at timestamptz NOT NULL,
  apart_at timestamptz,         -- when somebody said that they are two
  PRIMARY KEY (organization, one, other)
);
CREATE INDEX merge_suggestion_other ON vault.merge_suggestion (organization, other);

-- The customer that stays, of whoever is merged: it follows from the rows above, and spares every question a look at them.
ALTER TABLE vault.customer ADD COLUMN family uuid;
CREATE INDEX customer_family ON vault.customer (organization, family) WHERE family IS NOT NULL;

GRANT SELECT, INSERT, DELETE ON vault.merge, vault.merge_undone TO vault_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.merge_suggestion TO vault_service;
