-- the indexes the peer's own schema has
CREATE INDEX ON bench_peer_event (account_id);
CREATE INDEX ON bench_peer_event (account_id, event_time);
CREATE INDEX ON bench_peer_event (event_time);
CREATE INDEX ON bench_peer_event (event_type_id);
ANALYZE bench_peer_event
