"""The event table as PostgreSQL has it: partitioned, without a unique key.

Django creates no partitioned tables; the migration tells it the model and runs this instead.
"""

CREATE = """
CREATE SEQUENCE usage_event_id_seq;
CREATE TABLE usage_event (
    id bigint NOT NULL DEFAULT nextval('usage_event_id_seq'),
    workspace_id bigint NOT NULL,
    account_id bigint,
    happened_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    attributed_at timestamptz,
    message_key uuid NOT NULL,
    is_historical boolean NOT NULL,
    is_clamped boolean NOT NULL,
    kind varchar(10) NOT NULL,
    name varchar(200) NOT NULL,
    user_id varchar(201) NOT NULL,
    account_ref varchar(200) NOT NULL,
    properties jsonb NOT NULL
) PARTITION BY RANGE (happened_at);
ALTER SEQUENCE usage_event_id_seq OWNED BY usage_event.id;
CREATE TABLE usage_event_default PARTITION OF usage_event DEFAULT;
CREATE INDEX usage_event_day ON usage_event (workspace_id, account_id, happened_at);
CREATE INDEX usage_event_unattributed ON usage_event (workspace_id, user_id)
    WHERE account_id IS NULL;
CREATE INDEX usage_event_arrival ON usage_event USING brin (id)
    WITH (pages_per_range = 32, autosummarize = on);
"""

DROP = "DROP TABLE usage_event"

# The application role owns no table, so it makes partitions through this function, which runs as
# the owner, takes nothing but a month within bounds, and finds its objects by a fixed path.
# Events of the month that had gone to the DEFAULT partition move over in the same transaction.
CREATE_FUNCTION = """
CREATE FUNCTION usage_event_make_partition(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '5s'
SET row_security = off
AS $$
DECLARE
    partition text := 'usage_event_' || to_char(month, 'YYYY_MM');
    starts timestamptz := month::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF month IS NULL OR extract(day FROM month) <> 1
       OR month < date '1990-01-01' OR month > current_date + 400 THEN
        RAISE EXCEPTION 'not the first day of a month from 1990 to a year ahead: %', month
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('usage_event partitions'));
    IF to_regclass('public.' || partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE public.%I (LIKE public.usage_event INCLUDING DEFAULTS)', partition);
    LOCK TABLE public.usage_event_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.usage_event_default'
        ' WHERE happened_at >= %L AND happened_at < %L RETURNING *)'
        ' INSERT INTO public.%I SELECT * FROM moved', starts, ends, partition);
    EXECUTE format(
        'ALTER TABLE public.usage_event ATTACH PARTITION public.%I'
        ' FOR VALUES FROM (%L) TO (%L)', partition, starts, ends);
    RETURN true;
END
$$;
"""

DROP_FUNCTION = "DROP FUNCTION usage_event_make_partition(date)"

# Three years back and three months ahead of the day of the migration; the rest as it is needed.
CREATE_PARTITIONS = """
SELECT usage_event_make_partition(
    (date_trunc('month', current_date) + n * interval '1 month')::date
) FROM generate_series(-36, 3) AS n;
"""

WIDEN_KEYS = """
ALTER TABLE usage_identitymark DROP CONSTRAINT usage_identitymark_pkey,
    ADD PRIMARY KEY (workspace_id, id);
ALTER TABLE usage_receipt DROP CONSTRAINT usage_receipt_pkey, ADD PRIMARY KEY (workspace_id, id);
ALTER TABLE usage_rejectedevent DROP CONSTRAINT usage_rejectedevent_pkey,
    ADD PRIMARY KEY (workspace_id, id);
-- the busiest queue: taken off whole, so its rows need no names
ALTER TABLE usage_dirtyday DROP CONSTRAINT usage_dirtyday_pkey;
CREATE INDEX usage_dirtyday_queue ON usage_dirtyday (workspace_id);
"""
