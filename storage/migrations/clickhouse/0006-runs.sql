-- Events of runbook runs as they stand on runs.v1. `version` is the run's own, one higher with each change; an event told again is the same row.
create table if not exists run_events_v1 (
  company_id LowCardinality(String),
  at DateTime64(3, 'UTC'),
  run_id String,
  version UInt64,
  event LowCardinality(String),
  step_id LowCardinality(String),
  asset String,
  incident_id String,
  runbook_id LowCardinality(String),
  runbook_version UInt32,
  mode LowCardinality(String),
  risk LowCardinality(String),
  trigger LowCardinality(String),
  status LowCardinality(String),
  outcome LowCardinality(String),
  code LowCardinality(String),
  simulated Bool,
  duration_ms Nullable(UInt64),
  actor_kind LowCardinality(String),
  actor_id String
) engine = ReplacingMergeTree
partition by toYYYYMM(at)
order by (company_id, at, run_id, version, event, step_id, asset)
ttl toDateTime(at) + interval 400 day
settings non_replicated_deduplication_window = 10000;

-- How runs ended, by runbook and day. Simulated ones and mere plans are left out; a run counts on the day of its end.
create view if not exists runs_per_day_v1 as
select company_id, toDate(ended_at) as day, runbook_id, risk, trigger, outcome, status, count() as runs, sum(duration_ms) as duration_ms
from (
  select company_id, run_id, any(runbook_id) as runbook_id, any(risk) as risk, any(trigger) as trigger, max(at) as ended_at, argMax(outcome, version) as outcome, argMax(status, version) as status, argMax(ifNull(duration_ms, 0), version) as duration_ms
  from run_events_v1 final
  where not simulated and mode in ('sandbox', 'production')
  group by company_id, run_id
)
where outcome != ''
group by company_id, day, runbook_id, risk, trigger, outcome, status;
