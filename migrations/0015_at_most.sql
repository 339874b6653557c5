-- How often somebody wishes to be reached at most: by channel, or * for all together, such as {"most": 1, "per": "week"}.
ALTER TABLE vault.preference ADD COLUMN at_most jsonb;
UPDATE vault.preference SET at_most = '{}';
ALTER TABLE vault.preference ALTER COLUMN at_most SET NOT NULL;
