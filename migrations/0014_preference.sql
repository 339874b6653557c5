-- What somebody wishes of when and how they are reached. A wish is no consent: it only ever makes less of a yes.
CREATE TABLE vault.preference (
  organization uuid NOT NULL,
  customer uuid NOT NULL,
  paused_until timestamptz,
  quiet jsonb NOT NULL,         -- by channel, or * for all: hours such as 22:00-07:00, on the customer's own clock
  channel_order text[] NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, customer),
  FOREIGN KEY (organization, customer) REFERENCES vault.customer (organization, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.preference TO vault_service;

-- Where a telephone number is from: its country, then the time zones its area lies in. None for anything else.
ALTER TABLE vault.contact_point ADD COLUMN area text;
