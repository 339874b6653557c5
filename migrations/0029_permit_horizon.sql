-- The oldest transaction under way when what a permit rests on was read: what that or a later one wrote may speak against
-- it. Of permits given before, anything may. When one was given nobody asks any more.
ALTER TABLE vault.permit ADD COLUMN horizon xid NOT NULL DEFAULT '0';
ALTER TABLE vault.permit ALTER COLUMN horizon DROP DEFAULT, DROP COLUMN at;
