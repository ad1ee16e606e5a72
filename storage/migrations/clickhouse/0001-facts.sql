-- Facts as the recorder reads them from the log. Every statement may run twice.
--
-- Two guards against repeats, for two reasons. A range inserted again (the recorder crashed before it could say so) carries the same
-- deduplication token and changes neither tables nor view targets. A record published again (a stage crashed between publishing and
-- committing) lies on the log twice; it is identical, so its sorting key is the same and FINAL sees it once. What must never happen,
-- the same element published with another fate, differs in the sorting key, stays visible twice, and shows in the balance.
--
-- `at` is the append time the log gave the raw record, `version` the position of the record behind the row. A null word is ''.

-- Deliveries without their bodies: the left side of the balance.
create table if not exists raw_deliveries_v1 (
  company_id LowCardinality(String),
  at DateTime64(3, 'UTC'),
  partition UInt32,
  version UInt64,
  delivery_id String,
  integration_id LowCardinality(String),
  source LowCardinality(String),
  replayable Bool,
  elements UInt32,
  content_type LowCardinality(String),
  body_bytes UInt32,
  received_at_ms Int64,
  index delivery_id_bloom delivery_id type bloom_filter(0.01) granularity 1
) engine = ReplacingMergeTree
partition by toYYYYMM(at)
order by (company_id, at, partition, version)
ttl toDateTime(at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- The ledger: one row for each delivery and element, with its fate.
create table if not exists ledger_v1 (
  company_id LowCardinality(String),
  at DateTime64(3, 'UTC'),
  partition UInt32,
  version UInt64,
  element UInt32,
  elements UInt32,
  delivery_id String,
  integration_id LowCardinality(String),
  source LowCardinality(String),
  fate LowCardinality(String),
  reason LowCardinality(String),
  problem_key String,
  alert_id String,
  external_id String,
  asset String,
  signature String,
  severity LowCardinality(String),
  status LowCardinality(String),
  title String,
  message String,
  starts_at_ms Nullable(Int64),
  labels Map(LowCardinality(String), String),
  index delivery_id_bloom delivery_id type bloom_filter(0.01) granularity 1
) engine = ReplacingMergeTree
partition by toYYYYMM(at)
primary key (company_id, at, partition, version, element)
order by (company_id, at, partition, version, element, fate, reason, problem_key)
ttl toDateTime(at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- What ingest refused, as its ticks tell it. Company '' where no key named one.
create table if not exists refusals_v1 (
  company_id LowCardinality(String),
  at DateTime64(3, 'UTC'),
  partition UInt32,
  version UInt64,
  process_id String,
  status UInt16,
  code LowCardinality(String),
  refused UInt64
) engine = ReplacingMergeTree
partition by toYYYYMM(at)
order by (company_id, at, partition, version, status, code)
ttl toDateTime(at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- The latest snapshot of each incident.
create table if not exists incidents_v1 (
  company_id LowCardinality(String),
  incident_id String,
  version UInt64,
  at DateTime64(3, 'UTC'),
  cause LowCardinality(String),
  title String,
  status LowCardinality(String),
  severity LowCardinality(String),
  priority UInt8,
  opened_at DateTime64(3, 'UTC'),
  updated_at DateTime64(3, 'UTC'),
  acknowledged_at Nullable(DateTime64(3, 'UTC')),
  resolved_at Nullable(DateTime64(3, 'UTC')),
  closed_at Nullable(DateTime64(3, 'UTC')),
  alert_count UInt64,
  problem_count UInt64,
  open_problem_count UInt64,
  asset_count UInt64,
  sources Array(LowCardinality(String)),
  assignee String,
  reopen_count UInt32,
  merged_into String
) engine = ReplacingMergeTree(version)
partition by toYYYYMM(opened_at)
order by (company_id, incident_id)
ttl toDateTime(opened_at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- Each episode of each problem, the incident that holds it and by which rule.
create table if not exists problems_v1 (
  company_id LowCardinality(String),
  problem_key String,
  first_at DateTime64(3, 'UTC'),
  episode UInt32,
  version UInt64,
  incident_id String,
  rule LowCardinality(String),
  score Float64,
  integration_id LowCardinality(String),
  source LowCardinality(String),
  asset String,
  signature String,
  severity LowCardinality(String),
  status LowCardinality(String),
  flapping Bool,
  alert_count UInt64,
  last_at DateTime64(3, 'UTC'),
  resolved_at Nullable(DateTime64(3, 'UTC'))
) engine = ReplacingMergeTree(version)
partition by toYYYYMM(first_at)
order by (company_id, problem_key, first_at, episode)
ttl toDateTime(first_at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- What became of each command.
create table if not exists outcomes_v1 (
  company_id LowCardinality(String),
  at DateTime64(3, 'UTC'),
  command_id String,
  version UInt64,
  incident_id String,
  action LowCardinality(String),
  actor_kind LowCardinality(String),
  actor_id String,
  status LowCardinality(String),
  code LowCardinality(String)
) engine = ReplacingMergeTree(version)
partition by toYYYYMM(at)
order by (company_id, at, command_id)
ttl toDateTime(at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- Dead letters without the record itself, which lies on the log at (record_partition, record_position) of dead-letter.v1.
create table if not exists dead_letters_v1 (
  company_id LowCardinality(String),
  at DateTime64(3, 'UTC'),
  dead_letter_id String,
  topic LowCardinality(String),
  partition UInt32,
  position UInt64,
  element UInt32,
  stage LowCardinality(String),
  code LowCardinality(String),
  message String,
  attempts UInt32,
  record_key String,
  value_bytes UInt32,
  record_partition UInt32,
  record_position UInt64
) engine = ReplacingMergeTree(record_position)
partition by toYYYYMM(at)
order by (company_id, at, dead_letter_id)
ttl toDateTime(at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- The recorder's own trail, inserted after all rows of a range: where this store stands on each partition, and how long recording took.
create table if not exists recorded_ranges_v1 (
  topic LowCardinality(String),
  partition UInt32,
  to_position UInt64,
  from_position UInt64,
  records UInt32,
  rows UInt32,
  newest_at DateTime64(3, 'UTC'),
  recorded_at DateTime64(3, 'UTC')
) engine = ReplacingMergeTree
partition by toYYYYMM(recorded_at)
order by (topic, partition, to_position)
ttl toDateTime(recorded_at) + interval 400 day
settings non_replicated_deduplication_window = 10000;
