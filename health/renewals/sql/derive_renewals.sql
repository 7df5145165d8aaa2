-- role: analytics
-- Brings the renewals of some contracts to what their ledger says now: new terms get a row, moved
-- terms take their row along, what is renewed or lost is closed with the ledger's day, and what
-- was voided is opened again. Idempotent; only rows that differ are written.
WITH chosen AS MATERIALIZED (
    -- the contracts looked at
    SELECT s.*
    FROM accounts_subscription s
    WHERE s.workspace_id = %(workspace_id)s AND s.id = ANY (%(ids)s::bigint[])
),
-- entries that hold a state and were not voided, each with the term it followed
entry AS MATERIALIZED (
    SELECT
        e.id,
        e.subscription_id,
        e.kind,
        e.effective_on,
        e.last_paid_on,
        e.starts_on,
        e.term_ends_on,
        e.notice_deadline_on,
        e.notice_given_on,
        e.auto_renew,
        e.mrr,
        e.currency,
        lag(e.term_ends_on) OVER chain AS old_term_ends_on,
        lag(e.auto_renew) OVER chain AS old_auto_renew,
        lag(coalesce(e.term_months, e.billing_months)::integer) OVER chain AS old_months
    FROM accounts_contractevent e
    WHERE e.workspace_id = %(workspace_id)s
      AND e.subscription_id = ANY (%(ids)s::bigint[])
      AND e.kind NOT IN ('void', 'one_off')
      AND e.known_at <= %(now)s
      AND NOT EXISTS (
          SELECT FROM accounts_contractevent void
          WHERE void.workspace_id = %(workspace_id)s
            AND void.voids_id IS NOT NULL AND void.voids_id = e.id
            AND void.known_at <= %(now)s
      )
    WINDOW chain AS (PARTITION BY e.subscription_id ORDER BY e.effective_on, e.id)
),
-- what one unit of each currency is worth today
rate AS MATERIALIZED (
    SELECT w.currency, 1::numeric AS rate
    FROM accounts_workspace w
    WHERE w.id = %(workspace_id)s
    UNION ALL
    (
        SELECT DISTINCT ON (x.currency) x.currency, x.rate
        FROM accounts_exchangerate x
        JOIN accounts_workspace w ON w.id = %(workspace_id)s AND w.currency <> x.currency
        WHERE x.workspace_id = %(workspace_id)s AND x.valid_from <= %(today)s
        ORDER BY x.currency, x.valid_from DESC
    )
),
-- the contracts, what they bring in a year, and how their accounts stand
contract AS MATERIALIZED (
    SELECT
        c.id AS subscription_id,
        c.account_id,
        c.starts_on,
        c.term_ends_on,
        c.notice_deadline_on,
        c.notice_given_on,
        c.auto_renew,
        c.status NOT IN ('ended', 'voided') AND c.term_ends_on IS NOT NULL AS is_running,
        CASE WHEN c.status = 'ended' THEN c.ended_on END AS ended_on,
        round(c.mrr * rate.rate * 12, 4) AS arr,
        a.owner_id,
        a.segment,
        coalesce(health.band, '') AS band,
        health.score::smallint AS score,
        health.churn_probability
    FROM chosen c
    JOIN accounts_account a ON a.workspace_id = %(workspace_id)s AND a.id = c.account_id
    LEFT JOIN health_accountcurrent health
        ON health.workspace_id = %(workspace_id)s AND health.account_id = c.account_id
    LEFT JOIN rate ON rate.currency = c.currency
),
-- the ends of terms that stand in the ledger: today's, and those of renewals dated ahead
standing AS MATERIALIZED (
    SELECT DISTINCT ON (subscription_id, term_ends_on) *
    FROM (
        SELECT
            subscription_id, starts_on, term_ends_on, notice_deadline_on, notice_given_on,
            auto_renew, 0 AS rank
        FROM contract
        WHERE is_running
        UNION ALL
        SELECT
            subscription_id, starts_on, term_ends_on, notice_deadline_on, notice_given_on,
            auto_renew, 1
        FROM entry
        WHERE kind = 'renewal' AND effective_on > %(today)s AND term_ends_on IS NOT NULL
    ) found
    ORDER BY subscription_id, term_ends_on, rank
),
-- the rows there are
stored AS MATERIALIZED (
    SELECT r.*
    FROM renewals_renewal r
    WHERE r.workspace_id = %(workspace_id)s AND r.subscription_id = ANY (%(ids)s::bigint[])
),
-- every term there is a row of, or is to be one of
term AS MATERIALIZED (
    SELECT
        r.id AS renewal_id,
        coalesce(r.subscription_id, d.subscription_id) AS subscription_id,
        coalesce(r.term_ends_on, d.term_ends_on) AS term_ends_on,
        coalesce(d.starts_on, r.starts_on) AS starts_on,
        d.subscription_id IS NOT NULL AS is_standing,
        d.notice_deadline_on,
        d.notice_given_on,
        d.auto_renew,
        r.step,
        r.open_step,
        r.is_void
    FROM stored r
    FULL JOIN standing d
        ON d.subscription_id = r.subscription_id AND d.term_ends_on = r.term_ends_on
    WHERE r.id IS NOT NULL
       OR d.term_ends_on BETWEEN %(today)s - %(days_back)s AND %(today)s + %(days_ahead)s
),
-- terms in or at whose end the contract was ended
ended AS (
    SELECT t.subscription_id, t.term_ends_on, min(e.last_paid_on) AS closed_on
    FROM term t
    JOIN entry e
        ON e.subscription_id = t.subscription_id
        AND e.kind = 'churn'
        AND e.starts_on = t.starts_on
        AND e.last_paid_on <= t.term_ends_on
    GROUP BY t.subscription_id, t.term_ends_on
),
-- terms that an entry renewed: the one it followed, or the one that one had rolled on to
renewed AS (
    SELECT t.subscription_id, t.term_ends_on, min(e.effective_on) AS closed_on
    FROM term t
    JOIN entry e
        ON e.subscription_id = t.subscription_id
        AND e.kind = 'renewal'
        AND e.starts_on = t.starts_on
        AND e.term_ends_on > t.term_ends_on
        AND (
            e.old_term_ends_on = t.term_ends_on
            OR (
                e.old_auto_renew
                AND t.term_ends_on > e.old_term_ends_on
                AND t.term_ends_on >= e.effective_on - 1
                AND t.term_ends_on < e.effective_on + make_interval(months => e.old_months)
            )
        )
    GROUP BY t.subscription_id, t.term_ends_on
),
-- terms that are over, and whether the contract rolled on at their end by itself
rolled AS (
    SELECT DISTINCT ON (t.subscription_id, t.term_ends_on)
        t.subscription_id,
        t.term_ends_on,
        e.kind <> 'churn'
        AND e.auto_renew
        AND e.term_ends_on <= t.term_ends_on
        AND (e.notice_given_on IS NULL OR e.notice_given_on > t.term_ends_on) AS is_rolled
    FROM term t
    JOIN entry e
        ON e.subscription_id = t.subscription_id
        AND e.starts_on = t.starts_on
        AND e.effective_on <= t.term_ends_on
    WHERE t.term_ends_on < %(today)s
    ORDER BY t.subscription_id, t.term_ends_on, e.effective_on DESC, e.id DESC
),
-- terms after which the contract began again: it had run out
restarted AS (
    SELECT DISTINCT t.subscription_id, t.term_ends_on
    FROM term t
    JOIN entry e ON e.subscription_id = t.subscription_id AND e.starts_on > t.term_ends_on
),
-- what became of each term, and on which day; beside it what is needed of its contract further down:
-- joined there again, without statistics, they would be compared row by row
outcome AS MATERIALIZED (
    SELECT
        t.*,
        contract.account_id,
        contract.is_running AND contract.starts_on = t.starts_on AS is_running,
        contract.term_ends_on AS running_until,
        contract.arr,
        contract.owner_id,
        contract.segment,
        contract.band,
        contract.score,
        contract.churn_probability,
        CASE
            WHEN renewed.closed_on <= coalesce(ended.closed_on, renewed.closed_on) THEN 'renewed'
            WHEN ended.closed_on IS NOT NULL THEN 'lost'
            WHEN rolled.is_rolled THEN 'renewed'
            WHEN restarted.subscription_id IS NOT NULL
                OR (contract.starts_on = t.starts_on AND contract.ended_on <= t.term_ends_on)
                THEN 'lost'
            ELSE ''
        END AS result,
        CASE
            WHEN renewed.closed_on <= coalesce(ended.closed_on, renewed.closed_on)
                THEN renewed.closed_on
            WHEN ended.closed_on IS NOT NULL THEN ended.closed_on
            WHEN rolled.is_rolled THEN t.term_ends_on + 1
            WHEN restarted.subscription_id IS NOT NULL THEN t.term_ends_on
            WHEN contract.starts_on = t.starts_on AND contract.ended_on <= t.term_ends_on
                THEN contract.ended_on
        END AS closed_on
    FROM term t
    JOIN contract ON contract.subscription_id = t.subscription_id
    LEFT JOIN ended
        ON ended.subscription_id = t.subscription_id AND ended.term_ends_on = t.term_ends_on
    LEFT JOIN renewed
        ON renewed.subscription_id = t.subscription_id AND renewed.term_ends_on = t.term_ends_on
    LEFT JOIN rolled
        ON rolled.subscription_id = t.subscription_id AND rolled.term_ends_on = t.term_ends_on
    LEFT JOIN restarted
        ON restarted.subscription_id = t.subscription_id
        AND restarted.term_ends_on = t.term_ends_on
),
-- what a renewed contract brings in a year from its renewal on
kept AS (
    SELECT DISTINCT ON (o.subscription_id, o.term_ends_on)
        o.subscription_id,
        o.term_ends_on,
        round(e.mrr * rate.rate * 12, 4) AS arr
    FROM outcome o
    JOIN entry e
        ON e.subscription_id = o.subscription_id
        AND e.starts_on = o.starts_on
        AND e.effective_on <= o.closed_on
        AND e.kind <> 'churn'
    LEFT JOIN rate ON rate.currency = e.currency
    WHERE o.result = 'renewed'
    ORDER BY o.subscription_id, o.term_ends_on, e.effective_on DESC, e.id DESC
),
-- open rows whose term ends on another day now; of several, the earliest takes it
moved AS (
    SELECT DISTINCT ON (o.subscription_id)
        o.renewal_id,
        s.term_ends_on,
        s.notice_deadline_on,
        s.notice_given_on,
        s.auto_renew
    FROM outcome o
    JOIN standing s
        ON s.subscription_id = o.subscription_id AND s.term_ends_on = o.running_until
    WHERE o.renewal_id IS NOT NULL
      AND o.is_running
      AND o.result = ''
      AND NOT o.is_standing
      AND NOT o.is_void
      AND o.step NOT IN ('renewed', 'lost')
      AND NOT EXISTS (
          SELECT FROM stored other
          WHERE other.subscription_id = o.subscription_id AND other.term_ends_on = o.running_until
      )
    ORDER BY o.subscription_id, o.term_ends_on
),
-- how each row is to be
decided AS MATERIALIZED (
    SELECT
        o.renewal_id,
        o.subscription_id,
        o.account_id,
        o.starts_on,
        o.term_ends_on AS old_term_ends_on,
        coalesce(m.term_ends_on, o.term_ends_on) AS term_ends_on,
        CASE WHEN m.renewal_id IS NULL THEN o.notice_deadline_on ELSE m.notice_deadline_on END
            AS notice_deadline_on,
        CASE WHEN m.renewal_id IS NULL THEN o.notice_given_on ELSE m.notice_given_on END
            AS notice_given_on,
        coalesce(m.auto_renew, o.auto_renew) AS auto_renew,
        o.arr,
        o.owner_id,
        o.segment,
        o.band,
        o.score,
        o.churn_probability,
        o.result,
        o.closed_on,
        CASE o.result WHEN 'renewed' THEN k.arr WHEN 'lost' THEN 0 END AS closed_arr,
        coalesce(o.step, 'untouched') AS old_step,
        CASE
            WHEN o.result <> '' THEN o.result
            WHEN o.step IN ('renewed', 'lost') THEN o.open_step
            ELSE coalesce(o.step, 'untouched')
        END AS step,
        o.result = '' AND NOT o.is_standing AND m.renewal_id IS NULL AS is_void
    FROM outcome o
    LEFT JOIN kept k
        ON k.subscription_id = o.subscription_id AND k.term_ends_on = o.term_ends_on
    -- a term with a row of its own takes nobody else's place
    LEFT JOIN moved m ON m.renewal_id = o.renewal_id
    WHERE o.renewal_id IS NOT NULL
       OR NOT EXISTS (
           SELECT FROM moved taken
           JOIN stored r ON r.id = taken.renewal_id
           WHERE r.subscription_id = o.subscription_id AND taken.term_ends_on = o.term_ends_on
       )
),
-- the rows that were missing
inserted AS (
    INSERT INTO renewals_renewal (
        workspace_id, subscription_id, account_id, starts_on, term_ends_on, notice_deadline_on,
        notice_given_on, auto_renew, arr, owner_id, segment, band, score, churn_probability, step,
        open_step, closed_on, closed_arr, is_void, next_step, csm_category, final_category,
        version, updated_at
    )
    SELECT
        %(workspace_id)s, d.subscription_id, d.account_id, d.starts_on, d.term_ends_on,
        d.notice_deadline_on, d.notice_given_on, d.auto_renew, d.arr, d.owner_id, d.segment,
        d.band, d.score, d.churn_probability, d.step, 'untouched', d.closed_on, d.closed_arr,
        false, '', '', '', 1, %(now)s
    FROM decided d
    WHERE d.renewal_id IS NULL
    ON CONFLICT (workspace_id, subscription_id, term_ends_on) DO NOTHING
    RETURNING id, subscription_id, term_ends_on, step, closed_on
),
-- the rows that differed; what is closed keeps the figures it was closed with
updated AS (
    UPDATE renewals_renewal r
    SET starts_on = d.starts_on,
        term_ends_on = d.term_ends_on,
        notice_deadline_on = CASE WHEN d.result = '' THEN d.notice_deadline_on
            ELSE coalesce(d.notice_deadline_on, r.notice_deadline_on) END,
        notice_given_on = CASE WHEN d.result = '' THEN d.notice_given_on
            ELSE coalesce(d.notice_given_on, r.notice_given_on) END,
        auto_renew = coalesce(d.auto_renew, r.auto_renew),
        arr = CASE WHEN d.result = '' THEN d.arr ELSE r.arr END,
        owner_id = CASE WHEN d.result = '' THEN d.owner_id ELSE r.owner_id END,
        segment = CASE WHEN d.result = '' THEN d.segment ELSE r.segment END,
        band = CASE WHEN d.result = '' THEN d.band ELSE r.band END,
        score = CASE WHEN d.result = '' THEN d.score ELSE r.score END,
        churn_probability = CASE WHEN d.result = '' THEN d.churn_probability
            ELSE r.churn_probability END,
        step = d.step,
        closed_on = d.closed_on,
        closed_arr = CASE WHEN r.closed_on = d.closed_on AND r.step = d.step THEN r.closed_arr
            ELSE d.closed_arr END,
        is_void = d.is_void,
        version = r.version + CASE
            WHEN (r.term_ends_on, r.step, r.closed_on, r.is_void)
                IS DISTINCT FROM (d.term_ends_on, d.step, d.closed_on, d.is_void) THEN 1
            ELSE 0
        END,
        updated_at = %(now)s
    FROM decided d
    WHERE r.workspace_id = %(workspace_id)s
      AND r.id = d.renewal_id
      AND (
          (r.starts_on, r.term_ends_on, r.step, r.closed_on, r.is_void)
              IS DISTINCT FROM (d.starts_on, d.term_ends_on, d.step, d.closed_on, d.is_void)
          OR (
              d.result = ''
              AND NOT d.is_void
              AND (
                  r.notice_deadline_on, r.notice_given_on, r.auto_renew, r.arr, r.owner_id,
                  r.segment, r.band, r.score, r.churn_probability
              ) IS DISTINCT FROM (
                  d.notice_deadline_on, d.notice_given_on, d.auto_renew, d.arr, d.owner_id,
                  d.segment, d.band, d.score, d.churn_probability
              )
          )
      )
    RETURNING
        r.id, d.old_step, d.step, d.old_term_ends_on, d.term_ends_on, d.closed_on, d.is_void
),
-- what goes into the history: steps that changed, terms that moved
told AS (
    SELECT
        u.id AS renewal_id, u.old_step, u.step, u.old_term_ends_on, u.term_ends_on, u.closed_on
    FROM updated u
    WHERE NOT u.is_void
      AND (u.old_step <> u.step OR u.old_term_ends_on <> u.term_ends_on)
    UNION ALL
    SELECT i.id, 'untouched', i.step, i.term_ends_on, i.term_ends_on, i.closed_on
    FROM inserted i
    WHERE i.step <> 'untouched'
),
-- the entries of the history
noted AS (
    INSERT INTO renewals_renewalnote (
        workspace_id, renewal_id, kind, old_step, new_step, old_term_ends_on, new_term_ends_on,
        next_step, note, happened_at, known_at, author_id, author_label
    )
    SELECT
        %(workspace_id)s,
        t.renewal_id,
        CASE
            WHEN t.old_step = t.step THEN 'term'
            WHEN t.step IN ('renewed', 'lost') THEN 'closed'
            ELSE 'reopened'
        END,
        t.old_step,
        t.step,
        t.old_term_ends_on,
        t.term_ends_on,
        '',
        CASE WHEN t.renewal_id = %(renewal_id)s THEN %(note)s ELSE '' END,
        -- an entry dated ahead was decided when it was entered
        CASE
            WHEN t.renewal_id = %(renewal_id)s THEN %(now)s
            ELSE least(%(now)s, t.closed_on::timestamp AT TIME ZONE %(timezone)s)
        END,
        %(now)s,
        CASE WHEN t.renewal_id = %(renewal_id)s THEN %(author_id)s::bigint END,
        CASE WHEN t.renewal_id = %(renewal_id)s THEN %(author_label)s ELSE '' END
    FROM told t
    RETURNING 1
)
-- how many rows are new and how many differed
SELECT (SELECT count(*) FROM inserted) AS created, (SELECT count(*) FROM updated) AS changed
