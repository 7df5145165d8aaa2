-- role: analytics
-- Who a wave begun at %(at)s would ask and who not, and why: counts by reason, with examples.
-- The rules are those of accounts.contact_rules; `metrics.surveys.actions.waves` applies them one
-- by one, under lock. '' as reason stands for "is asked". With %(every)s above 1, of one account in
-- so many: the limits of an account are kept within it.
WITH
-- everybody the filters name
person AS (
    SELECT c.id, c.account_id, lower(trim(c.email)) AS address, c.left_on, c.consent
    FROM accounts_contact c
    JOIN accounts_account a ON a.workspace_id = c.workspace_id AND a.id = c.account_id
    WHERE c.workspace_id = %(workspace_id)s
      AND c.account_id %% %(every)s::bigint = 0
      AND (cardinality(%(segments)s::text[]) = 0 OR a.segment = ANY (%(segments)s::text[]))
      AND (cardinality(%(stages)s::text[]) = 0 OR a.stage = ANY (%(stages)s::text[]))
      AND (cardinality(%(tiers)s::text[]) = 0 OR a.tier = ANY (%(tiers)s::text[]))
      AND (
          cardinality(%(roles)s::text[]) = 0
          OR ('champion' = ANY (%(roles)s::text[]) AND c.is_champion)
          OR ('decision_maker' = ANY (%(roles)s::text[]) AND c.is_decision_maker)
      )
      AND (
          cardinality(%(plans)s::text[]) = 0
          OR EXISTS (
              SELECT FROM accounts_subscription s
              JOIN accounts_plan p ON p.workspace_id = s.workspace_id AND p.id = s.plan_id
              WHERE s.workspace_id = c.workspace_id AND s.account_id = c.account_id
                AND s.status = ANY (%(running)s::text[]) AND p.code = ANY (%(plans)s::text[])
          )
      )
),
-- with what keeps a person out by itself, and the place in the draw of a sample
reachable AS (
    SELECT
        person.*,
        CASE
            WHEN address = '' THEN 'no_address'
            WHEN left_on <= (%(at)s::timestamptz AT TIME ZONE %(zone)s)::date THEN 'left'
            WHEN consent = 'refused' THEN 'refused'
            ELSE ''
        END AS reason,
        ('x' || substr(md5(%(seed)s || ':' || id), 1, 15))::bit(60)::bigint AS draw
    FROM person
),
-- the sample: the lowest draws of those who can be reached
drawn AS (
    SELECT
        reachable.*,
        row_number() OVER (PARTITION BY reason ORDER BY draw, id) AS draw_place
    FROM reachable
),
-- with those who were not drawn left out as well
sampled AS (
    SELECT
        id, account_id, address,
        CASE
            WHEN reason <> '' THEN reason
            WHEN draw_place > %(sample_size)s::bigint OR draw > %(sample_bound)s::bigint
                THEN 'not_sampled'
            ELSE ''
        END AS reason
    FROM drawn
),
-- people who have refused mail at another account
unwilling AS (
    SELECT DISTINCT lower(trim(email)) AS address
    FROM accounts_contact
    WHERE workspace_id = %(workspace_id)s AND consent = 'refused' AND email <> ''
),
-- people whom another letter is too near to
recent AS (
    SELECT DISTINCT address
    FROM accounts_contactreservation
    WHERE workspace_id = %(workspace_id)s AND released_at IS NULL
      AND at > %(at)s::timestamptz - %(gap)s::interval
      AND at < %(at)s::timestamptz + %(gap)s::interval
),
-- letters that share a window of the account's limit with this wave's
letter AS (
    SELECT account_id, at
    FROM accounts_contactreservation
    WHERE workspace_id = %(workspace_id)s AND released_at IS NULL
      AND at > %(at)s::timestamptz - %(window)s::interval
      AND at < %(at)s::timestamptz + %(window)s::interval
),
-- where those windows may begin
beginning AS (
    SELECT account_id, at FROM letter WHERE at <= %(at)s::timestamptz
    UNION
    SELECT account_id, %(at)s::timestamptz FROM letter
),
-- the letters in each window
full_window AS (
    SELECT b.account_id, b.at, count(*) AS letters
    FROM beginning b
    JOIN letter l ON l.account_id = b.account_id
        AND l.at >= b.at AND l.at < b.at + %(window)s::interval
    GROUP BY b.account_id, b.at
),
-- the window of each account that has the least room
fullest AS (
    SELECT account_id, max(letters) AS letters FROM full_window GROUP BY account_id
),
-- of those drawn: one letter per address, and none too soon
one_each AS (
    SELECT
        s.id, s.account_id,
        CASE
            WHEN s.reason <> '' THEN s.reason
            WHEN row_number() OVER (PARTITION BY s.reason, s.address ORDER BY s.id) > 1
                THEN 'same_person'
            WHEN u.address IS NOT NULL THEN 'refused'
            WHEN r.address IS NOT NULL THEN 'too_soon'
            ELSE ''
        END AS reason
    FROM sampled s
    LEFT JOIN recent r ON r.address = s.address
    LEFT JOIN unwilling u ON u.address = s.address
),
-- and no account above its limit
judged AS (
    SELECT
        o.id,
        CASE
            WHEN o.reason <> '' THEN o.reason
            WHEN coalesce(f.letters, 0)
                + row_number() OVER (PARTITION BY o.account_id, o.reason ORDER BY o.id)
                > %(account_most)s::bigint THEN 'account_full'
            ELSE ''
        END AS reason
    FROM one_each o
    LEFT JOIN fullest f ON f.account_id = o.account_id
)
SELECT reason, count(*) AS people, (array_agg(id ORDER BY id))[1:%(examples)s] AS examples
FROM judged
GROUP BY reason
ORDER BY reason
