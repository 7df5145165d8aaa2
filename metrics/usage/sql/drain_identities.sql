-- The calls that say who is who, in the order in which they came; taken off the queue.
WITH drained AS (
    DELETE FROM usage_identitymark WHERE workspace_id = %(workspace_id)s
    RETURNING id, kind, user_id, previous_id, account_id, happened_at, known_at, traits
)
SELECT kind, user_id, previous_id, account_id, happened_at, known_at, traits
FROM drained
ORDER BY id
