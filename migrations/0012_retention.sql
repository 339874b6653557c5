-- What the log let go of. A mark is written with the entry that tells of it, before a body goes: from then on no body
-- below it is given out. Tiles, checkpoints and what leaves are searched by stay.
CREATE TABLE vault.log_pruned (
  organization uuid NOT NULL,
  generation integer NOT NULL,
  minimum bigint NOT NULL,  -- the number from which on bodies are kept
  entry uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (organization, generation, minimum)
);
GRANT SELECT, INSERT ON vault.log_pruned TO vault_service;
GRANT SELECT ON vault.log_pruned TO vault_retention;
