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
