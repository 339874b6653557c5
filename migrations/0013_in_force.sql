-- Since when each configuration was in force. One that comes back is in force again from then on, so this is more than
-- when it was first kept.
CREATE TABLE vault.in_force (
  organization uuid NOT NULL REFERENCES vault.organization,
  since timestamptz NOT NULL,
  digest text NOT NULL,
  PRIMARY KEY (organization, since)
);

-- What was kept until now tells when it came first; where an older one came back since, nobody wrote down when.
INSERT INTO vault.in_force SELECT DISTINCT ON (organization, recorded_at) organization, recorded_at, digest
FROM vault.configuration ORDER BY organization, recorded_at, digest;
INSERT INTO vault.in_force SELECT o.id, clock_timestamp(), o.configuration FROM vault.organization o
WHERE o.configuration <> (
  SELECT f.digest FROM vault.in_force f WHERE f.organization = o.id ORDER BY f.since DESC LIMIT 1
);

-- An entry lists facts by their ids, also those about a contact point that is gone by now. The id stands first: whoever
-- looks for the facts of a subject would else be led here while nobody has counted the rows, and read all of them.
CREATE INDEX fact_id ON vault.fact (id, organization);

GRANT SELECT, INSERT ON vault.in_force TO vault_service;
