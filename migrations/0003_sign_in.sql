-- Who is signed in, and what was sent to sign in with. In the keystore: a session is named in log entries beside its
-- customer's subject, so it leads from one to the other. Rows end by themselves; whoever writes sweeps those that have.

-- `digest` is the SHA-256 of the cookie's 32 bytes, which are kept nowhere.
CREATE TABLE keystore.session (
  organization uuid NOT NULL,
  digest bytea NOT NULL,
  id uuid NOT NULL,
  role text NOT NULL,
  how text NOT NULL,
  customer uuid,
  staff uuid,
  signed_in_at timestamptz NOT NULL,
  idle interval NOT NULL,
  idle_until timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (organization, digest),
  UNIQUE (organization, id)
);
CREATE INDEX session_of_customer ON keystore.session (organization, customer);
CREATE INDEX session_over ON keystore.session (organization, idle_until);

-- A code or link that was asked for, whether anybody is known by what was typed or not. `tag` is the blind tag of what
-- was typed, `mailbox` the tag of what was written to; `digest` of the code or link, under a key; `customer` and
-- `client` where whoever asked knew whom.
CREATE TABLE keystore.code (
  organization uuid NOT NULL,
  id uuid NOT NULL,
  purpose text NOT NULL,
  kind text NOT NULL,
  tag uuid,
  mailbox uuid,
  customer uuid,
  client uuid,
  digest bytea NOT NULL,
  tries integer NOT NULL,
  device text NOT NULL,
  asked_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id)
);
CREATE INDEX code_of_customer ON keystore.code (organization, customer);
CREATE INDEX code_of_tag ON keystore.code (organization, tag);
CREATE INDEX code_over ON keystore.code (organization, ends_at);

-- Letters to nobody: who asks in vain takes as long as who does not. No worker reads them.
CREATE TABLE keystore.letter_to_nobody (
  organization uuid NOT NULL,
  id uuid NOT NULL,
  message bytea NOT NULL,
  ends_at timestamptz NOT NULL,
  PRIMARY KEY (organization, id)
);
CREATE INDEX letter_to_nobody_over ON keystore.letter_to_nobody (organization, ends_at);

-- Customers who were offered a passkey and want none.
CREATE TABLE keystore.no_passkey (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  PRIMARY KEY (organization, customer)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON keystore.session, keystore.code TO vault_service;
GRANT SELECT, INSERT, DELETE ON keystore.letter_to_nobody, keystore.no_passkey TO vault_service;
