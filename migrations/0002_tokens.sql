-- Tokens that count for nothing before they end, and the clients behind them.

-- A suspended client may do nothing until it is resumed. Tokens issued before `not_before` count for nothing.
ALTER TABLE vault.client ADD COLUMN suspended_at timestamptz;
ALTER TABLE vault.client ADD COLUMN not_before timestamptz;

-- Access tokens revoked (RFC 7009), until nobody would believe them any more. `epoch` is the organization's that the
-- revocation made: whoever knows an older one reads only what came after it.
CREATE TABLE vault.revoked_token (
  organization uuid NOT NULL REFERENCES vault.organization,
  jti uuid NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (organization, jti)
);
CREATE INDEX revoked_token_epoch ON vault.revoked_token (organization, epoch);

GRANT SELECT, INSERT, DELETE ON vault.revoked_token TO vault_service;

-- From when a key signs. Before that it is only published; after the next one's turn began, it is believed for a while.
ALTER TABLE keystore.signing_key ADD COLUMN signs_from timestamptz;
UPDATE keystore.signing_key SET signs_from = recorded_at;
ALTER TABLE keystore.signing_key ALTER COLUMN signs_from SET NOT NULL;
GRANT DELETE ON keystore.signing_key TO vault_service;

-- What proved a client when last, to the minute: the name of a key, or the beginning of a secret's digest.
CREATE TABLE vault.client_use (
  organization uuid NOT NULL,
  client uuid NOT NULL,
  credential text NOT NULL,
  used_at timestamptz NOT NULL,
  PRIMARY KEY (organization, client, credential),
  FOREIGN KEY (organization, client) REFERENCES vault.client (organization, id)
);
GRANT SELECT, INSERT, UPDATE ON vault.client_use TO vault_service;
