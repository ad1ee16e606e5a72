-- Calls to outside systems and from them as they stand on calls.v1. A call told again is the same row.
create table if not exists raw_calls_v1 (
  company_id LowCardinality(String),
  at DateTime64(3, 'UTC'),
  call_id String,
  integration_type LowCardinality(String),
  connector LowCardinality(String),
  connection_id LowCardinality(String),
  incident_id String,
  ticket_id String,
  action LowCardinality(String),
  direction LowCardinality(String),
  external_id String,
  method LowCardinality(String),
  url String,
  reference LowCardinality(String),
  status LowCardinality(String),
  http_status Nullable(UInt16),
  error_code LowCardinality(String),
  error_text String,
  duration_ms Float64,
  retries UInt32,
  actor_kind LowCardinality(String),
  actor_id String
) engine = ReplacingMergeTree
partition by toYYYYMM(at)
order by (company_id, at, call_id)
ttl toDateTime(at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- Calls by day. Not a sum that is kept: a call published twice would count twice in it.
create view if not exists calls_per_day_v1 as
select company_id, toDate(at) as day, integration_type, connector, action, direction, status, count() as calls, countIf(retries > 0) as repeated,
  sum(duration_ms) as total_ms, quantile(0.5)(duration_ms) as median_ms, quantile(0.95)(duration_ms) as p95_ms, max(duration_ms) as longest_ms
from raw_calls_v1 final
group by company_id, day, integration_type, connector, action, direction, status;
