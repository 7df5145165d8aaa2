-- role: analytics
-- What accounts were cut by, from when to when, and their first onboarding, as known. Before the
-- first change that was noted holds what it changed from, or, where that is nothing, to; where
-- nothing was ever noted, what the account says now.
INSERT INTO kpis_attribute (account_id, attribute, value, from_at, to_at)
WITH
-- the history as known
change AS (
    SELECT
        account_id, attribute, old_value, new_value, happened_at, id,
        lag(happened_at) OVER chain AS before,
        coalesce(lead(happened_at) OVER chain, 'infinity') AS until
    FROM accounts_attributechange
    WHERE workspace_id = %(workspace_id)s
      AND attribute IN ('segment', 'owner')
      AND known_at <= %(known_until)s
      AND (%(everybody)s OR account_id = ANY (%(account_ids)s::bigint[]))
    WINDOW chain AS (PARTITION BY account_id, attribute ORDER BY happened_at, id)
)
SELECT account_id, attribute, new_value, happened_at, until
FROM change
WHERE until > happened_at
UNION ALL
SELECT account_id, attribute, coalesce(nullif(old_value, ''), new_value), '-infinity', happened_at
FROM change
WHERE before IS NULL
UNION ALL
SELECT a.id, now.attribute, now.value, '-infinity', 'infinity'
FROM accounts_account a
CROSS JOIN LATERAL (
    VALUES ('segment', a.segment), ('owner', coalesce(a.owner_id::text, ''))
) AS now (attribute, value)
WHERE a.workspace_id = %(workspace_id)s
  AND (%(everybody)s OR a.id = ANY (%(account_ids)s::bigint[]))
  AND NOT EXISTS (
      SELECT FROM change WHERE change.account_id = a.id AND change.attribute = now.attribute
  );
ANALYZE kpis_attribute;
INSERT INTO kpis_onboarding (account_id, started_on, completed_on)
WITH
-- the days noted, with how often one had been taken back before
noted AS (
    SELECT
        account_id, attribute, new_value, happened_at, id,
        count(*) FILTER (WHERE new_value = '' AND old_value <> '') OVER (
            PARTITION BY account_id, attribute ORDER BY happened_at, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS withdrawn
    FROM accounts_attributechange
    WHERE workspace_id = %(workspace_id)s
      AND attribute IN ('onboarding_started_on', 'onboarding_completed_on')
      AND known_at <= %(known_until)s
      AND (%(everybody)s OR account_id = ANY (%(account_ids)s::bigint[]))
),
-- the first onboarding is over when a day is taken back; until then a day replaces the one before
first_noted AS (
    SELECT DISTINCT ON (account_id, attribute) account_id, attribute, new_value::date AS day
    FROM noted
    WHERE withdrawn = 0 AND new_value <> ''
    ORDER BY account_id, attribute, happened_at DESC, id DESC
),
-- both days in one row
both_days AS (
    SELECT
        account_id,
        max(day) FILTER (WHERE attribute = 'onboarding_started_on') AS started_on,
        max(day) FILTER (WHERE attribute = 'onboarding_completed_on') AS completed_on
    FROM first_noted
    GROUP BY account_id
)
SELECT
    a.id,
    CASE WHEN b.account_id IS NULL THEN a.onboarding_started_on ELSE b.started_on END,
    CASE WHEN b.account_id IS NULL THEN a.onboarding_completed_on ELSE b.completed_on END
FROM accounts_account a
LEFT JOIN both_days b ON b.account_id = a.id
WHERE a.workspace_id = %(workspace_id)s
  AND (%(everybody)s OR a.id = ANY (%(account_ids)s::bigint[]));
ANALYZE kpis_onboarding;
