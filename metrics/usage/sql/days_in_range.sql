-- The account-days of a range that have events, or roll-ups left over from events.
SELECT account_id, (happened_at AT TIME ZONE %(timezone)s)::date AS day
FROM usage_event
WHERE workspace_id = %(workspace_id)s AND account_id IS NOT NULL
  AND happened_at >= %(starts_at)s AND happened_at < %(ends_at)s
  AND kind IN ('track', 'page', 'screen')
UNION
SELECT account_id, day
FROM usage_accountday
WHERE workspace_id = %(workspace_id)s AND day >= %(first)s AND day <= %(last)s
ORDER BY day, account_id
