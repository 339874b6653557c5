-- How many customers an import made, or in a dry run would have made.
ALTER TABLE vault.import ADD COLUMN made bigint;

-- Rows that share a tag with another, and the least place known of those they are joined to. Empty but while joining.
CREATE TABLE keystore.import_label (
  organization uuid NOT NULL,
  import uuid NOT NULL,
  place bigint NOT NULL,
  label bigint NOT NULL,
  PRIMARY KEY (organization, import, place)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON keystore.import_label TO vault_service;
