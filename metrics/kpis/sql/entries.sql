-- role: analytics
-- The ledger up to a boundary as known, the stretches between its entries and the days on which
-- accounts paid. Needs kpis_state of the same boundary: there the ends of what still runs are read
-- off, so that terms that roll on, notices and overdue renewals have one rule only. The entries of
-- the first day after it, where that is check_day, are there for what they say of the last day: that
-- it was the end of what was paid for, or that a term which ran out with it was renewed.
INSERT INTO kpis_entry (
    account_id, subscription_id, id, kind, effective_on, mrr, mrr_before, currency,
    currency_before, reason, is_last_of_day, term_ends_on, months, rolls
)
WITH
-- entries that hold a state and were not voided
entry AS (
    SELECT e.*
    FROM accounts_contractevent e
    WHERE e.workspace_id = %(workspace_id)s
      AND e.kind NOT IN ('void', 'one_off')
      AND (
          e.effective_on <= %(last_day)s
          OR e.effective_on = %(check_day)s AND EXISTS (
              SELECT FROM kpis_state s
              WHERE s.boundary = %(boundary)s AND s.subscription_id = e.subscription_id
                AND (e.kind <> 'churn' OR s.ended_on = %(last_day)s)
          )
      )
      AND e.known_at <= %(known_until)s
      AND (%(everybody)s OR e.account_id = ANY (%(account_ids)s::bigint[]))
      AND NOT EXISTS (
          SELECT FROM accounts_contractevent void
          WHERE void.workspace_id = %(workspace_id)s
            AND void.voids_id IS NOT NULL AND void.voids_id = e.id
            AND void.known_at <= %(known_until)s
      )
)
SELECT
    account_id, subscription_id, id, kind, effective_on, mrr, lag(mrr) OVER chain,
    currency, lag(currency) OVER chain, reason,
    effective_on IS DISTINCT FROM lead(effective_on) OVER chain,
    term_ends_on, coalesce(term_months, billing_months), auto_renew AND notice_given_on IS NULL
FROM entry
WINDOW chain AS (PARTITION BY subscription_id ORDER BY effective_on, id);
ANALYZE kpis_entry;
INSERT INTO kpis_stretch (
    account_id, subscription_id, from_on, last_on, mrr, currency, term_ends_on, months, rolls,
    next_on, next_kind, next_mrr, next_currency, next_term_ends_on
)
WITH
-- the state a day ended with, beside the next one
day AS (
    SELECT
        *,
        lead(effective_on) OVER chain AS next_on,
        lead(kind) OVER chain AS next_kind,
        lead(mrr) OVER chain AS next_mrr,
        lead(currency) OVER chain AS next_currency,
        lead(term_ends_on) OVER chain AS next_term_ends_on,
        -- what follows only after the boundary has not ended it
        coalesce(
            lead(effective_on) OVER chain > %(last_day)s AND lead(kind) OVER chain <> 'churn', true
        ) AS goes_on
    FROM kpis_entry
    WHERE is_last_of_day
    WINDOW chain AS (PARTITION BY subscription_id ORDER BY effective_on)
)
SELECT
    d.account_id, d.subscription_id, d.effective_on,
    CASE
        WHEN d.goes_on THEN s.ended_on
        ELSE least(d.next_on - 1, lapsed.ended_on)
    END,
    d.mrr, d.currency, d.term_ends_on, d.months, d.rolls,
    d.next_on, d.next_kind, d.next_mrr, d.next_currency, d.next_term_ends_on
FROM day d
LEFT JOIN kpis_state s
    ON d.goes_on AND s.boundary = %(boundary)s AND s.subscription_id = d.subscription_id
-- only a reactivation may follow a term that ran out without an entry of its end
LEFT JOIN LATERAL (
    SELECT x.ended_on
    FROM subscription_states(%(workspace_id)s, d.next_on - 1, %(known_until)s) x
    WHERE x.subscription_id = d.subscription_id
) lapsed ON d.next_kind = 'reactivation' AND NOT d.goes_on
WHERE d.kind <> 'churn' AND d.effective_on <= %(last_day)s;
ANALYZE kpis_stretch;
INSERT INTO kpis_spell (account_id, number, from_on, last_on)
WITH
-- paid stretches, each beside the last day paid by any before it
paid AS (
    SELECT
        account_id, from_on, coalesce(last_on, 'infinity') AS last_on,
        max(coalesce(last_on, 'infinity')) OVER (
            PARTITION BY account_id ORDER BY from_on, subscription_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS paid_until
    FROM kpis_stretch
    WHERE mrr > 0 AND (last_on IS NULL OR last_on >= from_on)
),
-- a spell begins where a day or more was not paid for
numbered AS (
    SELECT
        account_id, from_on, last_on,
        1 + count(*) FILTER (WHERE from_on > paid_until + 1) OVER (
            PARTITION BY account_id ORDER BY from_on
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS number
    FROM paid
)
SELECT account_id, number, min(from_on), nullif(max(last_on), 'infinity')
FROM numbered
GROUP BY account_id, number;
ANALYZE kpis_spell;
