-- Accounts whose lifecycle stage their contracts have overtaken, with the stage that follows, since
-- when, and when that became known. A stage that somebody stated for a later day stays.
-- Loads bring thousands of accounts whose tables have no statistics yet: what is known of an account
-- from several sides meets by grouping and is not joined.
WITH
-- their ledgers, read once
ledger AS MATERIALIZED (
    SELECT id, account_id, subscription_id, kind, mrr, voids_id, known_at, is_historical
    FROM accounts_contractevent
    WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(account_ids)s::bigint[])
),
-- what each contract of the accounts is today
contract AS MATERIALIZED (
    SELECT id, account_id, status,
           starts_on::timestamp AT TIME ZONE %(timezone)s AS starts_at,
           (ended_on + 1)::timestamp AT TIME ZONE %(timezone)s AS ended_at,
           -- a term that ran out is an end when its days of grace are over
           CASE WHEN notice_given_on IS NULL
               AND id NOT IN (SELECT subscription_id FROM ledger WHERE kind = 'churn')
               THEN %(grace_days)s ELSE 0 END AS grace_days
    FROM accounts_subscription
    WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(account_ids)s::bigint[])
      AND status <> 'voided'
),
-- what was last said of their stage
stated AS (
    SELECT DISTINCT ON (account_id)
           account_id, old_value, happened_at, is_derived,
           -- what every account begins with is no statement
           old_value = '' AND new_value = %(first_stage)s AS is_first
    FROM accounts_attributechange
    WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(account_ids)s::bigint[])
      AND attribute = 'stage'
    ORDER BY account_id, happened_at DESC, id DESC
),
-- each account from all sides
side AS (
    -- what its ledger says: whether it ever paid, and since when this is known
    SELECT account_id, NULL AS stage,
           max(known_at) AS entry_known_at,
           (array_agg(is_historical ORDER BY known_at DESC, id DESC))[1] AS is_historical,
           bool_or(mrr > 0 AND id NOT IN (
               SELECT voids_id FROM ledger WHERE voids_id IS NOT NULL
           )) AS was_paying,
           NULL::boolean AS has_ended, NULL::timestamptz AS ended_at,
           NULL::timestamptz AS end_known_at, NULL::timestamptz[] AS began_at,
           NULL::timestamptz[] AS ever_began_at, NULL AS old_value,
           NULL::timestamptz AS stated_at, NULL::boolean AS is_derived,
           NULL::boolean AS is_first
    FROM ledger
    WHERE kind <> 'one_off' AND subscription_id IN (SELECT id FROM contract)
    GROUP BY account_id
    UNION ALL
    -- the end of its last contract, with none running or to come; when the running ones began
    SELECT account_id, NULL, NULL, NULL, NULL,
           bool_and(status = 'ended'), max(ended_at),
           max(ended_at + make_interval(days => grace_days)),
           array_agg(starts_at) FILTER (WHERE status IN ('active', 'paused', 'overdue')),
           array_agg(starts_at), NULL, NULL, NULL, NULL
    FROM contract
    GROUP BY account_id
    UNION ALL
    SELECT account_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           old_value, happened_at, is_derived, is_first
    FROM stated
    UNION ALL
    SELECT id, stage, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM accounts_account
    WHERE workspace_id = %(workspace_id)s AND id = ANY (%(account_ids)s::bigint[])
),
-- one row of each
account AS (
    SELECT account_id, max(stage) AS stage, max(entry_known_at) AS entry_known_at,
           bool_or(is_historical) AS is_historical, bool_or(was_paying) AS was_paying,
           bool_or(has_ended) AS has_ended, max(ended_at) AS ended_at,
           max(end_known_at) AS end_known_at, max(began_at) AS began_at,
           max(ever_began_at) AS ever_began_at, max(old_value) AS old_value,
           max(stated_at) AS stated_at,
           bool_or(is_derived) AS is_derived, bool_or(is_first) AS is_first
    FROM side
    GROUP BY account_id
),
-- which contracts were signed since the stage was stated
signed AS (
    SELECT *, (
        SELECT min(began) FROM unnest(began_at) AS began WHERE began >= stated_at
    ) AS signed_at, (
        SELECT min(began) FROM unnest(ever_began_at) AS began WHERE began >= stated_at
    ) AS returned_at,
    CASE WHEN old_value IN ('', 'churned', 'prospect') THEN %(first_stage)s
        ELSE old_value END AS former_stage,
    -- its end was read off the contracts there were; others came to be known that ended later
    stage = 'churned' AND is_derived AND has_ended AND ended_at > stated_at AS is_outlived
    FROM account
),
-- whose stage is to change
moved AS (
    -- who has left
    SELECT account_id, stage AS before, 'churned' AS stage,
           greatest(ended_at, stated_at) AS happened_at, end_known_at, entry_known_at, is_historical
    FROM account
    WHERE has_ended AND was_paying AND stage <> 'churned'
      AND (stated_at IS NULL OR is_derived OR is_first OR stated_at < ended_at)
    UNION ALL
    -- who has signed again since, or had not left: the entry that said so was void
    SELECT account_id, stage, former_stage,
           coalesce(signed_at, stated_at), NULL, entry_known_at, is_historical
    FROM signed
    WHERE stage = 'churned' AND entry_known_at IS NOT NULL
      AND (signed_at IS NOT NULL OR is_derived AND began_at IS NOT NULL)
    UNION ALL
    -- who has left later than was said: back, and gone again
    SELECT account_id, stage, former_stage,
           coalesce(returned_at, stated_at), NULL, entry_known_at, is_historical
    FROM signed
    WHERE is_outlived AND entry_known_at IS NOT NULL
    UNION ALL
    SELECT account_id, former_stage, stage, ended_at, end_known_at, entry_known_at, is_historical
    FROM signed
    WHERE is_outlived AND entry_known_at IS NOT NULL
)
SELECT account_id, before, stage, happened_at, is_historical,
       -- a change is known when its contract's entries are, and not before it happens
       least(greatest(happened_at, end_known_at, entry_known_at), %(now)s) AS known_at
FROM moved
ORDER BY account_id, happened_at, before = 'churned' DESC
