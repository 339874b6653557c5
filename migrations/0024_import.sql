-- Imports: what was given, how far it got, what became of each row. What a person's row brought names its import, so
-- that it can be taken back (law 14). Rows lie sealed under a key of the import, and only until they are applied; those
-- that were put aside, until somebody has looked at them.
CREATE TABLE vault.import (
  organization uuid NOT NULL REFERENCES vault.organization,
  id uuid NOT NULL,
  digest text NOT NULL,         -- of its files, how they are read and the instant they speak for: it is found again
  exported_at timestamptz NOT NULL,
  dry boolean NOT NULL,         -- looked at, not carried out
  state text NOT NULL,          -- receiving, staging, joining, settling, done, refused
  code text,                    -- why it was refused
  client uuid,                  -- who gave it, if it came over HTTP
  made_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (organization, id)
);
CREATE INDEX import_digest ON vault.import (organization, digest);

CREATE TABLE vault.import_file (
  organization uuid NOT NULL,
  import uuid NOT NULL,
  number integer NOT NULL,
  path bytea NOT NULL,          -- sealed
  how bytea NOT NULL,           -- its source and pattern, and what was found out of how it is written
  digest text NOT NULL,
  size bigint NOT NULL,
  records bigint NOT NULL,
  staged bigint NOT NULL,       -- the last record that was staged
  code text,                    -- why it was refused as a whole
  PRIMARY KEY (organization, import, number)
);

-- A file on its way in over HTTP, piece by piece, sealed.
CREATE TABLE vault.import_piece (
  organization uuid NOT NULL,
  import uuid NOT NULL,
  number integer NOT NULL,      -- the file's
  piece integer NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (organization, import, number, piece)
);

CREATE TABLE vault.import_row (
  organization uuid NOT NULL,
  import uuid NOT NULL,
  place bigint NOT NULL,        -- number of the file * 2^32 + record
  component bigint NOT NULL,    -- the least place of all rows that may be about the same people
  sealed bytea,                 -- none when it was applied
  verdict text,
  reason text,
  cells text[] NOT NULL,        -- why cells of it were set aside
  PRIMARY KEY (organization, import, place)
);
CREATE INDEX import_row_open ON vault.import_row (organization, import, component, place) WHERE verdict IS NULL;
-- The verdict stands first: whoever looks for rows by their places would else be led here, and read the whole import.
CREATE INDEX import_row_verdict ON vault.import_row (verdict, organization, import, place) WHERE verdict IS NOT NULL;

-- Law 14: from then on nothing counts that the import brought, but its noes and stops unless they were named too.
CREATE TABLE vault.import_undone (
  organization uuid NOT NULL,
  import uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  with_noes boolean NOT NULL,
  PRIMARY KEY (organization, import)
);

CREATE TABLE keystore.import_key (
  organization uuid NOT NULL,
  import uuid NOT NULL,
  wrapped bytea NOT NULL,
  PRIMARY KEY (organization, import)
);

-- What rows are joined by, as tags; gone when all is settled, but for those of rows that were put aside.
CREATE TABLE keystore.import_tag (
  organization uuid NOT NULL,
  import uuid NOT NULL,
  tag uuid NOT NULL,
  place bigint NOT NULL,
  PRIMARY KEY (organization, import, tag, place)
);
CREATE INDEX import_tag_place ON keystore.import_tag (organization, import, place);

ALTER TABLE vault.customer ADD COLUMN brought_by uuid;
ALTER TABLE vault.attribute ADD COLUMN brought_by uuid;
ALTER TABLE vault.contact_point ADD COLUMN brought_by uuid;
ALTER TABLE vault.external_reference ADD COLUMN brought_by uuid;
ALTER TABLE vault.fact ADD COLUMN brought_by uuid;
ALTER TABLE vault.suppression ADD COLUMN brought_by uuid;
ALTER TABLE keystore.blind_index ADD COLUMN brought_by uuid;

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.import, vault.import_file, vault.import_row TO vault_service;
GRANT SELECT, INSERT, DELETE ON vault.import_piece TO vault_service;
GRANT SELECT, INSERT ON vault.import_undone TO vault_service;
GRANT SELECT, INSERT, DELETE ON keystore.import_key, keystore.import_tag TO vault_service;
