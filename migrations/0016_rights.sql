-- What customers asked for by right, and what became of it. What somebody wrote, they or an admin, is sealed under the
-- customer's own key; the row goes with them.
CREATE TABLE vault.rights_request (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  id uuid NOT NULL,
  wanted text NOT NULL,         -- access, portability, rectification, restriction, objection, erasure
  field text,                   -- which field is wrong: an attribute's key or a kind of contact point, never its value
  asked_at timestamptz NOT NULL,
  words bytea,                  -- what the customer wrote
  extended_at timestamptz,
  extended_because bytea,
  closed_at timestamptz,
  outcome text,                 -- done, refused, withdrawn
  refused_because bytea,
  PRIMARY KEY (organization, customer, id),
  UNIQUE (organization, id),
  FOREIGN KEY (organization, customer) REFERENCES vault.customer (organization, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.rights_request TO vault_service;

-- Since when somebody's data is kept but not used (GDPR Art. 18); none for whoever did not ask for it, or ended it.
ALTER TABLE vault.customer ADD COLUMN restricted_since timestamptz;
