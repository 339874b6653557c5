-- Each message that was allowed and is to be sent: what budgets count, and what outcomes are told of. It goes with its
-- subject, and after 92 days.
CREATE TABLE vault.reservation (
  organization uuid NOT NULL REFERENCES vault.organization,
  subject uuid NOT NULL,
  decision uuid NOT NULL,
  at timestamptz NOT NULL,
  client uuid NOT NULL,
  purpose text NOT NULL,
  lineage text[] NOT NULL,      -- the purpose and those above it, which it spends of; none where no budget binds
  channel text NOT NULL,
  tag uuid,                     -- of the contact point that was handed out or named
  state text NOT NULL,          -- reserved, sent, not_sent, bounced, complained
  told_at timestamptz,
  PRIMARY KEY (organization, subject, decision, at)
);
CREATE INDEX reservation_decision ON vault.reservation (organization, decision);
CREATE INDEX reservation_at ON vault.reservation USING brin (organization, at);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.reservation TO vault_service;
