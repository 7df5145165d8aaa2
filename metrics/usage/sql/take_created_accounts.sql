-- Accounts that events had named before they existed, and that exist now.
DELETE FROM usage_unknownaccount AS held
USING accounts_account AS account
WHERE held.workspace_id = %(workspace_id)s AND account.workspace_id = %(workspace_id)s
  AND account.external_id = held.external_id
RETURNING held.external_id, account.id AS account_id
