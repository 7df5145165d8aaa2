-- Active users as the book computes them: distinct users of the events in each window.
WITH dates AS (
    SELECT %(first)s::timestamp + n * interval '7 days' AS metric_date
    FROM generate_series(0, %(weeks)s - 1) AS n
)
SELECT e.account_id, d.metric_date::date, count(DISTINCT e.user_id)
FROM bench_peer_event e
JOIN dates d ON e.event_time < d.metric_date AND e.event_time >= d.metric_date - interval '28 days'
GROUP BY e.account_id, d.metric_date
HAVING count(e.user_id) > 0 AND %(kind)s IS NOT NULL
