-- Whether a yes or no is of somebody who may speak for a child (GDPR Art. 8), and not of the person.
ALTER TABLE vault.fact ADD COLUMN guardian boolean;
UPDATE vault.fact SET guardian = false;
ALTER TABLE vault.fact ALTER COLUMN guardian SET NOT NULL;
