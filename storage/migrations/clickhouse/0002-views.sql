-- Sums for charts. A record that was published twice counts twice here, so nothing that must balance reads them.

create table if not exists alerts_per_minute_v1 (
  company_id LowCardinality(String),
  minute DateTime('UTC'),
  source LowCardinality(String),
  fate LowCardinality(String),
  status LowCardinality(String),
  alerts UInt64
) engine = SummingMergeTree(alerts)
partition by toYYYYMM(minute)
order by (company_id, minute, source, fate, status)
ttl minute + interval 400 day
settings non_replicated_deduplication_window = 10000;

create materialized view if not exists alerts_per_minute_mv_v1 to alerts_per_minute_v1 as
select company_id, toStartOfMinute(toDateTime(at, 'UTC')) as minute, source, fate, status, count() as alerts
from ledger_v1
group by company_id, minute, source, fate, status;

create table if not exists signatures_per_hour_v1 (
  company_id LowCardinality(String),
  hour DateTime('UTC'),
  source LowCardinality(String),
  signature String,
  alerts UInt64
) engine = SummingMergeTree(alerts)
partition by toYYYYMM(hour)
order by (company_id, hour, source, signature)
ttl hour + interval 400 day
settings non_replicated_deduplication_window = 10000;

create materialized view if not exists signatures_per_hour_mv_v1 to signatures_per_hour_v1 as
select company_id, toStartOfHour(toDateTime(at, 'UTC')) as hour, source, signature, count() as alerts
from ledger_v1
where fate in ('emitted', 'absorbed') and status in ('firing', 'unknown')
group by company_id, hour, source, signature;
