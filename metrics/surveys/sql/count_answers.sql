-- role: analytics
-- The people whose answers are new or have changed, counted again: their answers as results count
-- them, and what that changes in the sums. An answer is its person's latest of a period or not;
-- the sums hold latest answers alone. Costs what those people have answered, however long the
-- history of the others. Answers counted by an earlier calendar (`generation`) are in no sum.
WITH
-- the responses that are new or have changed, with their comments folded
marked AS (
    SELECT m.response_id, m.search_text
    FROM unnest(%(response_ids)s::bigint[], %(search_texts)s::text[])
        AS m (response_id, search_text)
),
-- whose they were and whose they are: a contact's, a browser's, or nobody's
named AS (
    SELECT c.person, c.kind
    FROM marked m
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.response_id = m.response_id
    UNION
    SELECT
        CASE
            WHEN r.contact_id IS NOT NULL THEN 'c' || r.contact_id
            WHEN r.respondent <> '' THEN 'r' || r.survey_id || ':' || r.respondent
            ELSE 'a' || r.id
        END,
        r.kind
    FROM marked m
    JOIN surveys_response r ON r.workspace_id = %(workspace_id)s AND r.id = m.response_id
),
-- those people, with what their answers are found by
people AS (
    SELECT
        person,
        kind,
        CASE WHEN left(person, 1) = 'c' THEN substr(person, 2)::bigint END AS contact_id,
        CASE WHEN left(person, 1) = 'a' THEN substr(person, 2)::bigint END AS response_id,
        CASE WHEN left(person, 1) = 'r' THEN substr(split_part(person, ':', 1), 2)::bigint
            END AS survey_id,
        CASE WHEN left(person, 1) = 'r' THEN substr(person, strpos(person, ':') + 1)
            END AS respondent
    FROM named
),
-- their answers, those of suspected robots left out
answered AS (
    SELECT p.person, r.*
    FROM people p
    JOIN surveys_response r
      ON r.workspace_id = %(workspace_id)s AND r.contact_id = p.contact_id AND r.kind = p.kind
    WHERE NOT r.is_suspected_robot
    UNION ALL
    SELECT p.person, r.*
    FROM people p
    JOIN surveys_response r
      ON r.workspace_id = %(workspace_id)s AND r.survey_id = p.survey_id
     AND r.respondent = p.respondent AND r.respondent <> '' AND r.contact_id IS NULL
    WHERE NOT r.is_suspected_robot
    UNION ALL
    SELECT p.person, r.*
    FROM people p
    JOIN surveys_response r ON r.workspace_id = %(workspace_id)s AND r.id = p.response_id
    WHERE NOT r.is_suspected_robot AND r.contact_id IS NULL AND r.respondent = ''
),
-- on which day of the workspace; whether the answer can be anybody's latest grade
dated AS (
    SELECT
        a.*,
        (a.happened_at AT TIME ZONE %(zone)s)::date AS day,
        (greatest(a.happened_at, a.known_at) AT TIME ZONE %(zone)s)::date AS known_on,
        a.kind = 'hearing' OR a.score IS NOT NULL AS is_graded
    FROM answered a
),
-- the periods the day lies in
placed AS (
    SELECT
        d.*,
        date_trunc('month', d.day)::date AS month,
        (date_trunc('month', d.day) - make_interval(
            months => (extract(month FROM d.day)::integer - %(fiscal_month)s + 12) %% 3
        ))::date AS quarter,
        (date_trunc('month', d.day) - make_interval(
            months => (extract(month FROM d.day)::integer - %(fiscal_month)s + 12) %% 12
        ))::date AS year
    FROM dated d
),
-- 1 in each period whose latest answer of the person this is, in the survey and in the kind
ranked AS (
    SELECT
        p.*,
        row_number() OVER (
            PARTITION BY person, survey_id, is_graded, month ORDER BY happened_at DESC, id DESC
        ) AS in_month,
        row_number() OVER (
            PARTITION BY person, survey_id, is_graded, quarter ORDER BY happened_at DESC, id DESC
        ) AS in_quarter,
        row_number() OVER (
            PARTITION BY person, survey_id, is_graded, year ORDER BY happened_at DESC, id DESC
        ) AS in_year,
        row_number() OVER (
            PARTITION BY person, survey_id, is_graded ORDER BY happened_at DESC, id DESC
        ) AS in_ever,
        row_number() OVER (
            PARTITION BY person, kind, scale, is_graded, month ORDER BY happened_at DESC, id DESC
        ) AS kind_month,
        row_number() OVER (
            PARTITION BY person, kind, scale, is_graded, quarter ORDER BY happened_at DESC, id DESC
        ) AS kind_quarter,
        row_number() OVER (
            PARTITION BY person, kind, scale, is_graded, year ORDER BY happened_at DESC, id DESC
        ) AS kind_year,
        row_number() OVER (
            PARTITION BY person, kind, scale, is_graded ORDER BY happened_at DESC, id DESC
        ) AS kind_ever,
        -- from when on a later answer of the month, of the quarter, is known
        min(known_on) OVER (
            PARTITION BY person, kind, scale, is_graded, month ORDER BY happened_at DESC, id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS month_until,
        min(known_on) OVER (
            PARTITION BY person, kind, scale, is_graded, quarter ORDER BY happened_at DESC, id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS quarter_until
    FROM placed p
),
-- what results know of each answer, the account as it was at the answer
fresh AS (
    SELECT
        r.id AS response_id,
        r.survey_id,
        r.kind,
        coalesce(r.scale, 0) AS scale,
        r.person,
        r.happened_at,
        r.day,
        r.score,
        coalesce(past.segment, a.segment, '') AS segment,
        coalesce(contract.plan_id::text, '') AS plan,
        coalesce(past.stage, a.stage, '') AS stage,
        coalesce(past.owner, a.owner_id::text, '') AS owner,
        r.channel,
        r.touchpoint,
        coalesce(r.agent_id::text, '') AS agent,
        CASE WHEN r.is_graded THEN
            (r.in_month = 1)::integer + 2 * (r.in_quarter = 1)::integer
            + 4 * (r.in_year = 1)::integer + 8 * (r.in_ever = 1)::integer
        ELSE 0 END AS in_survey,
        CASE WHEN r.score IS NOT NULL THEN
            (r.kind_month = 1)::integer + 2 * (r.kind_quarter = 1)::integer
            + 4 * (r.kind_year = 1)::integer + 8 * (r.kind_ever = 1)::integer
        ELSE 0 END AS in_kind,
        r.known_on,
        r.month_until,
        r.quarter_until,
        picked.picks,
        coalesce(m.search_text, '') AS search_text,
        m.response_id IS NOT NULL AS is_marked
    FROM ranked r
    LEFT JOIN marked m ON m.response_id = r.id
    CROSS JOIN LATERAL (
        -- what was chosen, each option and rating by its question, '' for answering it at all
        SELECT coalesce(array_agg(a.question_id || ':' || c.choice), '{}')::varchar[] AS picks
        FROM surveys_answer a
        CROSS JOIN LATERAL (
            SELECT '' AS choice
            UNION ALL
            SELECT unnest(a.choices)
            UNION ALL
            SELECT a.number::text WHERE a.number IS NOT NULL
        ) AS c
        WHERE a.workspace_id = %(workspace_id)s AND a.response_id = r.id
          AND (a.number IS NOT NULL OR a.choices <> '{}')
    ) AS picked
    LEFT JOIN accounts_account a ON a.workspace_id = %(workspace_id)s AND a.id = r.account_id
    LEFT JOIN LATERAL (
        -- the last change before the answer; before the first one, what it changed from
        SELECT
            max(value) FILTER (WHERE attribute = 'segment') AS segment,
            max(value) FILTER (WHERE attribute = 'stage') AS stage,
            max(value) FILTER (WHERE attribute = 'owner') AS owner
        FROM (
            SELECT DISTINCT ON (c.attribute)
                c.attribute,
                CASE WHEN c.happened_at <= r.happened_at THEN c.new_value
                    ELSE coalesce(nullif(c.old_value, ''), c.new_value) END AS value
            FROM accounts_attributechange c
            WHERE c.workspace_id = %(workspace_id)s AND c.account_id = r.account_id
              AND c.attribute IN ('segment', 'stage', 'owner')
            ORDER BY
                c.attribute,
                c.happened_at <= r.happened_at DESC,
                CASE WHEN c.happened_at <= r.happened_at THEN c.happened_at END DESC,
                CASE WHEN c.happened_at <= r.happened_at THEN -c.id ELSE c.id END
        ) AS latest
    ) AS past ON true
    LEFT JOIN LATERAL (
        -- the plan of the dearest contract that ran on the day, at the day's rates of exchange
        SELECT entry.plan_id
        FROM (
            SELECT DISTINCT ON (e.subscription_id) e.plan_id, e.kind, e.mrr, e.currency
            FROM accounts_contractevent e
            WHERE e.workspace_id = %(workspace_id)s AND e.account_id = r.account_id
              AND e.effective_on <= r.day AND e.kind NOT IN ('void', 'one_off')
              AND NOT EXISTS (
                  SELECT FROM accounts_contractevent void
                  WHERE void.workspace_id = %(workspace_id)s AND void.voids_id = e.id
              )
            ORDER BY e.subscription_id, e.effective_on DESC, e.id DESC
        ) AS entry
        WHERE entry.kind <> 'churn' AND entry.plan_id IS NOT NULL
        ORDER BY
            entry.mrr * CASE
                WHEN entry.currency = %(currency)s THEN 1
                ELSE (
                    SELECT x.rate
                    FROM accounts_exchangerate x
                    WHERE x.workspace_id = %(workspace_id)s AND x.currency = entry.currency
                      AND x.valid_from <= r.day
                    ORDER BY x.valid_from DESC
                    LIMIT 1
                )
            END DESC NULLS LAST,
            entry.plan_id
        LIMIT 1
    ) AS contract ON true
),
-- how their answers counted until now
stored AS (
    SELECT c.*
    FROM people p
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.person = p.person AND c.kind = p.kind
),
-- how they count from now on; a comment is read again only where its response was marked
put AS (
    INSERT INTO surveys_countedanswer AS kept (
        workspace_id, response_id, survey_id, kind, scale, person, happened_at, day, score,
        segment, plan, stage, owner, channel, touchpoint, agent, in_survey, in_kind, known_on,
        month_until, quarter_until, picks, generation, search_text
    )
    SELECT
        %(workspace_id)s, response_id, survey_id, kind, scale, person, happened_at, day, score,
        segment, plan, stage, owner, channel, touchpoint, agent, in_survey, in_kind, known_on,
        month_until, quarter_until, picks, %(generation)s, search_text
    FROM fresh
    WHERE is_marked OR NOT EXISTS (
        SELECT FROM stored s
        WHERE s.response_id = fresh.response_id AND s.generation = %(generation)s
          AND (s.in_survey, s.in_kind, s.segment, s.plan, s.stage, s.owner)
            = (fresh.in_survey, fresh.in_kind, fresh.segment, fresh.plan, fresh.stage, fresh.owner)
          AND (s.known_on, s.month_until, s.quarter_until)
            IS NOT DISTINCT FROM (fresh.known_on, fresh.month_until, fresh.quarter_until)
    )
    ON CONFLICT (workspace_id, response_id) DO UPDATE SET
        survey_id = excluded.survey_id, kind = excluded.kind, scale = excluded.scale,
        person = excluded.person, happened_at = excluded.happened_at, day = excluded.day,
        score = excluded.score, segment = excluded.segment, plan = excluded.plan,
        stage = excluded.stage, owner = excluded.owner, channel = excluded.channel,
        touchpoint = excluded.touchpoint, agent = excluded.agent,
        in_survey = excluded.in_survey, in_kind = excluded.in_kind,
        known_on = excluded.known_on, month_until = excluded.month_until,
        quarter_until = excluded.quarter_until, picks = excluded.picks,
        generation = excluded.generation,
        search_text = CASE WHEN excluded.response_id = ANY (%(response_ids)s::bigint[])
            THEN excluded.search_text ELSE kept.search_text END
),
-- those that no longer count
gone AS (
    DELETE FROM surveys_countedanswer c
    USING stored s
    WHERE c.workspace_id = %(workspace_id)s AND c.id = s.id
      AND NOT EXISTS (SELECT FROM fresh f WHERE f.response_id = s.response_id)
),
-- what comes and what goes
moved AS (
    SELECT survey_id, kind, scale, day, score, segment, plan, stage, owner, channel, touchpoint,
        agent, in_survey, in_kind, known_on, month_until, quarter_until, picks, 1 AS weight
    FROM fresh
    UNION ALL
    SELECT survey_id, kind, scale, day, score, segment, plan, stage, owner, channel, touchpoint,
        agent, in_survey, in_kind, known_on, month_until, quarter_until, picks, -1
    FROM stored
    WHERE generation = %(generation)s
),
-- answers that a survey has won or lost
told AS (
    INSERT INTO surveys_surveycount (workspace_id, survey_id, month, responses)
    SELECT %(workspace_id)s, survey_id, DATE '1900-01-01', sum(weight)
    FROM (
        SELECT survey_id, 1 AS weight FROM fresh
        UNION ALL
        SELECT survey_id, -1 FROM stored
    ) AS d
    GROUP BY survey_id
    HAVING sum(weight) <> 0
),
-- once per period it belongs to, for the survey and for all surveys (scope 0)
spread AS (
    SELECT m.*, s.scope, s.span, s.starts_on, coalesce(m.score, -1) AS grade
    FROM moved m
    CROSS JOIN LATERAL (
        SELECT
            date_trunc('month', m.day)::date AS month,
            (extract(month FROM m.day)::integer - %(fiscal_month)s + 12) AS past_fiscal_start
    ) AS d
    CROSS JOIN LATERAL (
        SELECT
            (d.month - make_interval(months => d.past_fiscal_start %% 3))::date AS quarter,
            (d.month - make_interval(months => d.past_fiscal_start %% 12))::date AS year
    ) AS f
    CROSS JOIN LATERAL (
        VALUES
            (m.survey_id, 'month', d.month, m.in_survey & 1),
            (m.survey_id, 'quarter', f.quarter, m.in_survey & 2),
            (m.survey_id, 'year', f.year, m.in_survey & 4),
            (m.survey_id, 'ever', DATE '1900-01-01', m.in_survey & 8),
            (0, 'month', d.month, m.in_kind & 1),
            (0, 'quarter', f.quarter, m.in_kind & 2),
            (0, 'year', f.year, m.in_kind & 4),
            (0, 'ever', DATE '1900-01-01', m.in_kind & 8)
    ) AS s (scope, span, starts_on, is_in)
    WHERE s.is_in > 0
),
-- grades by the day from which on they were known to be their person's latest of a month or a
-- quarter, and taken back from the day on which another was
learned AS (
    INSERT INTO surveys_knownfigure AS kept (
        workspace_id, kind, scale, span, starts_on, known_on, score, n
    )
    SELECT
        %(workspace_id)s, m.kind, m.scale, s.span, s.starts_on, c.known_on, m.score,
        sum(m.weight * c.sign)
    FROM moved m
    CROSS JOIN LATERAL (
        SELECT
            date_trunc('month', m.day)::date AS month,
            (extract(month FROM m.day)::integer - %(fiscal_month)s + 12) %% 3 AS past_quarter_start
    ) AS d
    CROSS JOIN LATERAL (
        VALUES
            ('month', d.month, m.month_until),
            ('quarter', (d.month - make_interval(months => d.past_quarter_start))::date,
                m.quarter_until)
    ) AS s (span, starts_on, until)
    CROSS JOIN LATERAL (VALUES (m.known_on, 1), (s.until, -1)) AS c (known_on, sign)
    WHERE m.score IS NOT NULL AND (s.until IS NULL OR s.until > m.known_on)
      AND c.known_on IS NOT NULL
    GROUP BY m.kind, m.scale, s.span, s.starts_on, c.known_on, m.score
    HAVING sum(m.weight * c.sign) <> 0
    ON CONFLICT (workspace_id, span, starts_on, kind, scale, known_on, score)
    DO UPDATE SET n = kept.n + excluded.n
),
-- what was chosen, added up by question
chosen AS (
    INSERT INTO surveys_choicefigure AS kept (
        workspace_id, question_id, span, starts_on, choice, n
    )
    SELECT
        %(workspace_id)s, split_part(p.pick, ':', 1)::bigint, s.span, s.starts_on,
        substr(p.pick, strpos(p.pick, ':') + 1), sum(s.weight)
    FROM spread s
    CROSS JOIN unnest(s.picks) AS p (pick)
    WHERE s.scope <> 0
    GROUP BY p.pick, s.span, s.starts_on
    HAVING sum(s.weight) <> 0
    ON CONFLICT (workspace_id, question_id, span, starts_on, choice)
    DO UPDATE SET n = kept.n + excluded.n
),
-- added up, for everybody and for every part of every cut
summed AS (
    SELECT
        scope, kind, scale, span, starts_on, grade,
        CASE
            WHEN grouping(segment) = 0 THEN 'segment'
            WHEN grouping(plan) = 0 THEN 'plan'
            WHEN grouping(stage) = 0 THEN 'stage'
            WHEN grouping(owner) = 0 THEN 'owner'
            WHEN grouping(channel) = 0 THEN 'channel'
            WHEN grouping(touchpoint) = 0 THEN 'touchpoint'
            WHEN grouping(agent) = 0 THEN 'agent'
            ELSE ''
        END AS dimension,
        coalesce(segment, plan, stage, owner, channel, touchpoint, agent, '') AS value,
        sum(weight) AS n
    FROM spread
    GROUP BY scope, kind, scale, span, starts_on, grade,
        GROUPING SETS ((), (segment), (plan), (stage), (owner), (channel), (touchpoint), (agent))
    HAVING sum(weight) <> 0
)
INSERT INTO surveys_resultfigure AS kept (
    workspace_id, scope, kind, scale, dimension, span, starts_on, value, score, n
)
SELECT %(workspace_id)s, scope, kind, scale, dimension, span, starts_on, value, grade, n
FROM summed
ON CONFLICT (workspace_id, scope, kind, scale, dimension, span, starts_on, value, score)
DO UPDATE SET n = kept.n + excluded.n
