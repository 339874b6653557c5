-- Whoever shows that a contact point is theirs has said so themselves: no import that is undone takes it from them.
GRANT UPDATE (brought_by) ON keystore.blind_index TO vault_service;

-- A request that an import told of is not one that the person made here.
ALTER TABLE vault.rights_request ADD COLUMN brought_by uuid;
