-- role: analytics
-- Where the accounts stand that brought in recurring revenue when a quarter began: what they
-- brought in then and what the ledger already says of the quarter's end, per year and at the rates
-- of the quarter's first day. Accounts with open renewals one by one, the others added up.
-- Facts of a contract or an account meet by grouping: a join of sets without statistics would be
-- compared row by row, which takes minutes where contracts are many.
WITH rate AS MATERIALIZED (
    -- what one unit of each currency was worth when the quarter began
    SELECT w.currency, 1::numeric AS rate
    FROM accounts_workspace w
    WHERE w.id = %(workspace_id)s
    UNION ALL
    (
        SELECT DISTINCT ON (x.currency) x.currency, x.rate
        FROM accounts_exchangerate x
        JOIN accounts_workspace w ON w.id = %(workspace_id)s AND w.currency <> x.currency
        WHERE x.workspace_id = %(workspace_id)s AND x.valid_from <= %(starts_on)s
        ORDER BY x.currency, x.valid_from DESC
    )
),
-- contracts as they stood on the last day before the quarter, and on its first day
state AS MATERIALIZED (
    SELECT
        before.subscription_id, before.account_id, before.currency, before.contracted_mrr AS mrr,
        false AS is_first_day
    FROM subscription_states(%(workspace_id)s, %(starts_on)s::date - 1, %(now)s) before
    WHERE before.status <> 'ended'
    UNION ALL
    SELECT first.subscription_id, first.account_id, first.currency, 0, true
    FROM subscription_states(%(workspace_id)s, %(starts_on)s::date, %(now)s) first
    WHERE first.status <> 'ended'
),
-- what each brought in on the last day before, if it ran on into the quarter
running AS (
    SELECT
        s.account_id,
        min(s.currency) FILTER (WHERE NOT s.is_first_day) AS currency,
        sum(s.mrr) AS mrr
    FROM state s
    GROUP BY s.subscription_id, s.account_id
    HAVING bool_or(s.is_first_day) AND bool_or(NOT s.is_first_day)
),
-- what the ledger says of each contract at the end of the quarter
latest AS (
    SELECT DISTINCT ON (e.subscription_id)
        e.subscription_id, e.account_id, e.kind, e.mrr, e.currency
    FROM accounts_contractevent e
    WHERE e.workspace_id = %(workspace_id)s
      AND e.subscription_id IS NOT NULL
      AND e.kind NOT IN ('void', 'one_off')
      AND e.effective_on < %(ends_on)s
      AND e.known_at <= %(now)s
      AND NOT EXISTS (
          SELECT FROM accounts_contractevent void
          WHERE void.workspace_id = %(workspace_id)s
            AND void.voids_id IS NOT NULL AND void.voids_id = e.id
            AND void.known_at <= %(now)s
      )
    ORDER BY e.subscription_id, e.effective_on DESC, e.id DESC
),
-- its contract as it is today, and its open renewal in the quarter with what is forecast of it;
-- one overdue since before belongs to the quarter once that has begun
fact AS MATERIALIZED (
    SELECT
        l.subscription_id, l.account_id, l.kind, l.mrr, l.currency, NULL AS status,
        NULL::jsonb AS bet
    FROM latest l
    UNION ALL
    SELECT s.id, s.account_id, NULL, NULL, NULL, s.status, NULL
    FROM accounts_subscription s
    WHERE s.workspace_id = %(workspace_id)s
    UNION ALL
    SELECT
        r.subscription_id, r.account_id, NULL, NULL, NULL, NULL,
        jsonb_build_array(
            r.id, r.model_probability, r.csm_category, r.csm_amount, r.final_category,
            r.final_amount
        )
    FROM renewals_renewal r
    WHERE r.workspace_id = %(workspace_id)s
      AND r.is_open
      AND r.term_ends_on < %(ends_on)s
      AND (r.term_ends_on >= %(starts_on)s OR %(starts_on)s <= %(today)s)
),
-- per contract
contract AS (
    SELECT
        f.account_id,
        min(f.currency) AS currency,
        -- a contract that ran out brings in nothing
        CASE
            WHEN min(f.kind) = 'churn' OR min(f.status) IN ('ended', 'voided') THEN 0
            ELSE min(f.mrr)
        END AS mrr,
        jsonb_agg(f.bet ORDER BY f.bet -> 0) FILTER (WHERE f.bet IS NOT NULL) AS bets
    FROM fact f
    GROUP BY f.subscription_id, f.account_id
    HAVING min(f.mrr) IS NOT NULL
),
-- both in money
valued AS (
    SELECT
        o.account_id, round(o.mrr * rate.rate * 12, 4) AS start, NULL::numeric AS amount,
        NULL::jsonb AS bets
    FROM running o
    JOIN rate ON rate.currency = o.currency
    WHERE o.mrr > 0
    UNION ALL
    SELECT c.account_id, NULL, round(c.mrr * rate.rate * 12, 4), c.bets
    FROM contract c
    JOIN rate ON rate.currency = c.currency
),
-- start and present of every account, and what of it is open
standing AS MATERIALIZED (
    SELECT
        v.account_id,
        sum(v.start) AS start,
        coalesce(sum(v.amount), 0) AS known,
        jsonb_agg(jsonb_build_array(v.amount, v.bets)) FILTER (
            WHERE v.amount > 0 AND v.bets IS NOT NULL
        ) AS parts
    FROM valued v
    GROUP BY v.account_id
    HAVING sum(v.start) IS NOT NULL
),
-- and whose it is
owned AS (
    SELECT a.owner_id, a.segment, s.start, s.known, s.parts
    FROM standing s
    CROSS JOIN LATERAL (
        SELECT account.owner_id, account.segment
        FROM accounts_account account
        WHERE account.workspace_id = %(workspace_id)s AND account.id = s.account_id
        OFFSET 0
    ) a
)
SELECT
    owner_id,
    segment,
    count(*) AS accounts,
    sum(start) AS start,
    sum(least(start, known)) AS kept,
    sum(known) AS known,
    sum(greatest(known - start, 0)) AS expansion,
    NULL::text AS parts
FROM owned
WHERE parts IS NULL
GROUP BY owner_id, segment
UNION ALL
SELECT
    owner_id,
    segment,
    1,
    start,
    least(start, known),
    known,
    greatest(known - start, 0),
    parts::text
FROM owned
WHERE parts IS NOT NULL
