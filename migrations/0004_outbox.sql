-- What is to be sent, until it was: sealed under the key of the customer it is for, so that an erasure ends it too.
-- A row whose delivery was begun is never sent again, whatever became of whoever began it. No instant in it is one of
-- the log's: nothing leads from an entry's subject to the customer.
CREATE TABLE vault.outbox (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  message bytea NOT NULL,
  attempts integer NOT NULL,
  due_at timestamptz NOT NULL,
  begun boolean NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization, customer, id),
  FOREIGN KEY (organization, customer) REFERENCES vault.customer (organization, id)
);
CREATE INDEX outbox_due ON vault.outbox (organization, due_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.outbox TO vault_service;
