-- role: analytics
-- Before an account is measured: the transaction's tables of what is measured and what that scores,
-- empty, and how the statements that fill and read them are to be planned.
-- Compiling them takes longer than running them, and what is added up over everybody fits into this
-- memory; a sort per account costs more than one of them all.
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB';
SET LOCAL enable_incremental_sort = off;
-- One plan of measure.sql is kept for all calls: it must not be one for tables that were still
-- small, nor remember what no two accounts share.
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_memoize = off;
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
DELETE FROM health_measured WHERE %(workspace_id)s IS NOT NULL;
CREATE TEMPORARY TABLE IF NOT EXISTS health_graded (
    account_id bigint NOT NULL,
    points double precision[] NOT NULL,
    coverage double precision NOT NULL,
    score smallint,
    band text NOT NULL,
    week_band text,
    exceptions varchar(40)[] NOT NULL,
    score_7d double precision,
    score_30d double precision,
    churn_probability double precision NOT NULL,
    expected_loss numeric
) ON COMMIT DELETE ROWS;
DELETE FROM health_graded WHERE %(workspace_id)s IS NOT NULL;
