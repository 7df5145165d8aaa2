-- role: analytics
-- The transaction's tables of what is measured and graded, empty, and how its statements are
-- planned: compiling takes longer than running, the aggregates over everybody fit into this memory,
-- a sort per account costs more than one of them all, and one plan is right for any number of
-- accounts that are looked up.
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB';
SET LOCAL enable_incremental_sort = off;
SET LOCAL plan_cache_mode = force_generic_plan;
CREATE TEMPORARY TABLE IF NOT EXISTS health_measured (
    account_id bigint NOT NULL,
    stage text NOT NULL,
    segment text NOT NULL,
    owner_id bigint,
    mrr numeric,
    renewal_on date,
    notice_deadline_on date,
    notice_given_on date,
    billing_months integer,
    last_seen_on date,
    last_contact_on date,
    is_known boolean NOT NULL,
    facts double precision[] NOT NULL,
    raw double precision[] NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS health_graded (
    account_id bigint NOT NULL,
    is_scored boolean NOT NULL,
    stage text NOT NULL,
    segment text NOT NULL,
    owner_id bigint,
    mrr numeric,
    renewal_on date,
    notice_deadline_on date,
    notice_given_on date,
    billing_months integer,
    last_seen_on date,
    last_contact_on date,
    raw double precision[] NOT NULL,
    points double precision[] NOT NULL,
    coverage double precision,
    score smallint,
    band text NOT NULL,
    week_band text,
    exceptions varchar(40)[] NOT NULL,
    score_7d double precision,
    score_30d double precision,
    churn_probability double precision,
    expected_loss numeric
) ON COMMIT DELETE ROWS;
DELETE FROM health_measured WHERE %(workspace_id)s IS NOT NULL;
DELETE FROM health_graded WHERE %(workspace_id)s IS NOT NULL
