-- Limits. What is leased in the last second, for clients and networks; a crash may forget it: one second begins anew.
-- Names are tags of 16 bytes, kept as uuid. `leased` is of `slice` (100 ms, counted from 1970) and the ten before it.
CREATE UNLOGGED TABLE vault.allowance (
  organization uuid NOT NULL,
  name uuid NOT NULL,
  slice bigint NOT NULL,
  leased integer[] NOT NULL,
  PRIMARY KEY (organization, name)
);

-- What is counted exactly, over minutes and hours: when it happened, as often as it counts; gone when all is over.
CREATE TABLE vault.attempt (
  organization uuid NOT NULL,
  name uuid NOT NULL,
  happened timestamptz[] NOT NULL,
  over_at timestamptz NOT NULL,
  PRIMARY KEY (organization, name)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.allowance, vault.attempt TO vault_service;
