-- Events newest received first, out of a window of ids; filters that are not given are NULL.
SELECT event.id, event.kind, event.name, event.user_id, event.account_id, event.account_ref,
       event.happened_at, event.known_at, event.is_clamped, event.is_historical,
       account.name AS account_name
FROM usage_event AS event
LEFT JOIN accounts_account AS account
    ON account.workspace_id = %(workspace_id)s AND account.id = event.account_id
WHERE event.workspace_id = %(workspace_id)s
  AND event.id >= %(low)s AND event.id < %(high)s
  AND (%(name)s::text IS NULL OR event.name = %(name)s)
  AND (%(user_id)s::text IS NULL OR event.user_id IN (%(user_id)s, '~' || %(user_id)s))
  AND (%(account_id)s::bigint IS NULL OR event.account_id = %(account_id)s)
  AND (%(is_unattributed)s IS FALSE OR event.account_id IS NULL)
  AND (%(starts_at)s::timestamptz IS NULL OR event.happened_at >= %(starts_at)s)
  AND (%(ends_at)s::timestamptz IS NULL OR event.happened_at < %(ends_at)s)
ORDER BY event.id DESC
LIMIT %(limit)s
