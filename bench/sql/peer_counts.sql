-- A count metric as the book computes it: events joined with the dates whose window they lie in.
WITH dates AS (
    SELECT %(first)s::timestamp + n * interval '7 days' AS metric_date
    FROM generate_series(0, %(weeks)s - 1) AS n
)
SELECT e.account_id, d.metric_date::date, e.event_type_id::text, count(*)
FROM bench_peer_event e
JOIN dates d ON e.event_time < d.metric_date AND e.event_time >= d.metric_date - interval '28 days'
WHERE e.event_type_id = %(kind)s
GROUP BY e.account_id, d.metric_date, e.event_type_id
