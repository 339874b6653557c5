-- The key that signs inclusion promises, one of each organization: read by whoever answers, as the key of the log's
-- checkpoints is not. Its public half is an entry of the log, written with the row.
CREATE TABLE keystore.promise_key (
  organization uuid PRIMARY KEY,
  wrapped bytea NOT NULL
);

GRANT SELECT, INSERT ON keystore.promise_key TO vault_service;
