-- The four roles of the vault and the journal of migrations. Runs at every `consent-vault migrate`, as the login;
-- the numbered files run once each, as vault_owner. Roles are of the whole server, so they may stand already.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['vault_owner', 'vault_service', 'vault_sequencer', 'vault_retention'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
    IF NOT pg_has_role(current_user, name, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', name);
    END IF;
  END LOOP;
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CREATE ON DATABASE %I TO vault_owner', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS vault AUTHORIZATION vault_owner;
CREATE TABLE IF NOT EXISTS vault.migration (
  name text PRIMARY KEY,
  digest text NOT NULL,
  applied_at timestamptz NOT NULL
);
ALTER TABLE vault.migration OWNER TO vault_owner;
