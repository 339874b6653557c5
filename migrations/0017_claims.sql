-- Contact points that a customer typed and has not shown to be theirs. Apart from contact points, so that nothing that
-- looks for those finds one: neither a decision nor a client nor whoever signs in.
CREATE TABLE vault.claimed_point (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  id uuid NOT NULL,             -- of the contact point it becomes
  kind text NOT NULL,
  sealed bytea NOT NULL,        -- as that contact point's value will be
  tag uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, customer, id),
  FOREIGN KEY (organization, customer) REFERENCES vault.customer (organization, id)
);
CREATE INDEX claimed_point_over ON vault.claimed_point (organization, recorded_at);

GRANT SELECT, INSERT, DELETE ON vault.claimed_point TO vault_service;

-- A stop that a person made is lifted by them from that very address, and from no other cause: it ends.
GRANT UPDATE (until) ON vault.suppression TO vault_service;
