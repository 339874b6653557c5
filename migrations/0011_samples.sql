-- Samples of the log. Nothing here is ever changed: a rule stands, its drawing is written once, a later finding on an
-- entry stands beside the earlier one.
CREATE TABLE vault.sample (
  organization uuid NOT NULL,
  id uuid NOT NULL,
  entry uuid NOT NULL,         -- the rule's; the seed comes of its leaf
  size integer NOT NULL,
  generation integer NOT NULL,
  first bigint NOT NULL,
  until bigint NOT NULL,       -- the first number that is not in the range any more
  kind text,                   -- of entry; null: any
  population bigint NOT NULL,
  witnesses text[] NOT NULL,   -- verifier keys, one of which gives the seed; none: the log's own
  ruled_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id)
);

-- Which signature gave the seed, and the numbers in the order they were drawn in.
CREATE TABLE vault.sample_drawing (
  organization uuid NOT NULL,
  sample uuid NOT NULL,
  entry uuid NOT NULL,
  generation integer NOT NULL,
  size bigint NOT NULL,        -- of the checkpoint
  witness text,                -- verifier key; null: the log's own signature
  seed bytea NOT NULL,
  numbers bigint[] NOT NULL,
  drawn_at timestamptz NOT NULL,
  PRIMARY KEY (organization, sample)
);

-- What was found. Its words may hold a name: they lie sealed beside its entry (vault.log_detail).
CREATE TABLE vault.sample_finding (
  organization uuid NOT NULL,
  sample uuid NOT NULL,
  number bigint NOT NULL,
  entry uuid NOT NULL,
  verdict text NOT NULL,
  found_at timestamptz NOT NULL,
  PRIMARY KEY (organization, sample, number, entry)
);

GRANT SELECT, INSERT ON vault.sample, vault.sample_drawing, vault.sample_finding TO vault_service;
