DROP TABLE IF EXISTS bench_peer_event;
CREATE TABLE bench_peer_event (
    account_id integer NOT NULL,
    event_time timestamp NOT NULL,
    event_type_id smallint NOT NULL,
    user_id integer
)
