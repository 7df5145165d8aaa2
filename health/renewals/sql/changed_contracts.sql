-- Contracts whose ledger may say something new since the last look: entries after the last one
-- seen, the last thousand once more (a transaction may commit after one with a later number), and
-- contracts derived anew.
SELECT e.subscription_id AS id
FROM accounts_contractevent e
WHERE e.workspace_id = %(workspace_id)s
  AND e.subscription_id IS NOT NULL
  AND e.id > %(last_event)s - 1000
  AND (e.id > %(last_event)s OR e.known_at > %(since)s)
UNION
SELECT s.id
FROM accounts_subscription s
WHERE s.workspace_id = %(workspace_id)s AND s.updated_at > %(since)s
ORDER BY id
