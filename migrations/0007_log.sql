-- The access log in its order. The sequencer alone writes here: it numbers what waits, grows the tree, signs. One log
-- for each organization and one for the installation; a generation ends by command alone.
CREATE TABLE vault.log_state (
  organization uuid PRIMARY KEY,
  slug text NOT NULL,
  generation integer NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  seen_at timestamptz NOT NULL,  -- what was written before it has its number
  stopped text                   -- why nothing is signed any more
);

-- A leaf, and of its entry what is searched by. An entry has one number in one generation.
CREATE TABLE vault.log_leaf (
  organization uuid NOT NULL,
  generation integer NOT NULL,
  number bigint NOT NULL,
  entry uuid NOT NULL,
  hash bytea NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  subject uuid,
  client uuid,
  purpose text,
  outcome text,
  reasons text[] NOT NULL,
  PRIMARY KEY (organization, generation, number),
  UNIQUE (organization, entry)
);
CREATE INDEX log_leaf_subject ON vault.log_leaf (organization, subject, generation, number) WHERE subject IS NOT NULL;

-- Tiles (C2SP tlog-tiles): 32 bytes for each hash, `width` hashes. The partial tiles of every size signed stay.
CREATE TABLE vault.log_tile (
  organization uuid NOT NULL,
  generation integer NOT NULL,
  level smallint NOT NULL,
  number bigint NOT NULL,
  width smallint NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (organization, generation, level, number, width)
);

CREATE TABLE vault.log_checkpoint (
  organization uuid NOT NULL,
  generation integer NOT NULL,
  size bigint NOT NULL,
  note bytea NOT NULL,
  signed_at timestamptz NOT NULL,
  PRIMARY KEY (organization, generation, size)
);

-- What witnesses said: that they saw this checkpoint, and none that contradicts it. One line of a note each.
CREATE TABLE vault.log_cosignature (
  organization uuid NOT NULL,
  generation integer NOT NULL,
  size bigint NOT NULL,
  witness text NOT NULL,
  line text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, generation, witness, size)
);

-- What others need to check our signatures, and the private halves, which only the sequencer ever reads.
CREATE TABLE vault.log_verifier (
  organization uuid NOT NULL,
  algorithm text NOT NULL,
  public bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, algorithm)
);
CREATE TABLE keystore.log_key (
  organization uuid NOT NULL,
  algorithm text NOT NULL,
  wrapped bytea NOT NULL,
  PRIMARY KEY (organization, algorithm)
);

INSERT INTO vault.log_state (organization, slug, generation, size, root, seen_at)
SELECT id, slug, 1, 0, sha256(''), clock_timestamp() FROM vault.organization
UNION ALL SELECT '00000000-0000-0000-0000-000000000000', '_', 1, 0, sha256(''), clock_timestamp();

GRANT USAGE ON SCHEMA keystore TO vault_sequencer;
GRANT SELECT, INSERT ON vault.log_leaf, vault.log_tile, vault.log_checkpoint, vault.log_cosignature,
  vault.log_verifier, keystore.log_key TO vault_sequencer;
GRANT SELECT, UPDATE ON vault.log_state TO vault_sequencer;
GRANT SELECT, INSERT ON vault.log_state TO vault_service;
GRANT SELECT ON vault.log_leaf, vault.log_tile, vault.log_checkpoint, vault.log_cosignature, vault.log_verifier
  TO vault_service;
GRANT SELECT ON vault.log_state, vault.log_leaf TO vault_retention;
GRANT SELECT, DELETE ON vault.log_entry TO vault_retention;
