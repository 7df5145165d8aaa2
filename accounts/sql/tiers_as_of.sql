-- The tier as of a moment, as it was known then, of every account whose tier was ever changed: the
-- latest value in force and known, else the one before the first later change. `account_ids` cuts
-- to some; the others have the tier they have now.
SELECT
    account_id,
    coalesce(
        (array_agg(new_value ORDER BY happened_at DESC, id DESC)
            FILTER (WHERE happened_at <= %(as_of)s AND known_at <= %(as_of)s))[1],
        (array_agg(old_value ORDER BY happened_at, id)
            FILTER (WHERE happened_at > %(as_of)s OR known_at > %(as_of)s))[1]
    ) AS tier
FROM accounts_attributechange
WHERE workspace_id = %(workspace_id)s
  AND attribute = 'tier'
  AND (%(account_ids)s::bigint[] IS NULL OR account_id = ANY (%(account_ids)s::bigint[]))
GROUP BY account_id
