-- The alert that opened the problem's present episode: what an analysis cites.
alter table problems add column if not exists alert_id text;

-- Incidents that wait to be analysed, written by the reader of incidents.v1 in the transaction of its position; one row an incident.
create table analysis_queue (
  incident_id text primary key,
  company_id text not null,
  partition int,                                 -- of incidents.v1; null: asked for by a person, due at once
  version bigint not null,
  why text not null,                             -- requested, critical, pattern, several_tools, ambiguous, grown
  findings jsonb not null default '[]',          -- what the rules said of it in that version
  root_cause jsonb,
  classification jsonb,
  first_at_ms bigint not null,                   -- log time at which it was first wanted
  due_at_ms bigint not null,                     -- log time at which it has settled
  claimed_until timestamptz
);
create index analysis_queue_company on analysis_queue (company_id);
create index analysis_queue_due on analysis_queue (due_at_ms);

-- One row for each version of an incident that was judged by one version of the prompt. It is written before the call, so that a crash
-- between call and result is found and the call is not made again for nothing.
create table analyses (
  id text primary key,
  incident_id text not null,
  company_id text not null,
  version bigint not null,
  prompt_version text not null,
  why text not null,
  status text not null check (status in ('asking', 'done', 'rules_only', 'over_budget', 'failed', 'interrupted')),
  reason text,                                   -- why there is none
  severity text not null,                        -- of what was judged, as are the two counts
  alert_count bigint not null,
  problem_count bigint not null,
  tier text,
  provider text,
  model text,
  calls int not null default 0,
  input_tokens bigint not null default 0,
  cached_input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cost_micro_usd bigint not null default 0,
  reserved_micro_usd bigint not null default 0,  -- set aside while asking
  usage_month text not null,                     -- the month that pays, YYYY-MM
  latency_ms bigint not null default 0,
  is_cached boolean not null default false,
  repaired boolean not null default false,
  output jsonb,
  command_id text,                               -- the note that says it
  created_at timestamptz not null,
  ended_at timestamptz,
  unique (incident_id, version, prompt_version)
);
create index analyses_newest on analyses (incident_id, created_at desc);
create index analyses_asking on analyses (created_at) where status = 'asking';

-- Tokens and money by company and month (UTC). What is set aside and what is spent together never pass the budget.
create table llm_usage (
  company_id text not null,
  month text not null,
  calls bigint not null default 0,
  input_tokens bigint not null default 0,
  cached_input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  spent_micro_usd bigint not null default 0,
  reserved_micro_usd bigint not null default 0,
  refused bigint not null default 0,             -- calls not made for want of budget
  cache_hits bigint not null default 0,
  cache_misses bigint not null default 0,
  skipped bigint not null default 0,             -- incidents left out because too many waited
  alerted_percent int not null default 0,        -- 80 or 100 once told
  primary key (company_id, month)
);

-- What is decided for a company, or, under the empty company id, for all of them; null: as for all, and there the program's default.
create table llm_settings (
  company_id text primary key,
  monthly_micro_usd bigint check (monthly_micro_usd >= 0),
  hides_hosts boolean
);

-- Answers by the shape of the incident, within one company only.
create table analysis_cache (
  company_id text not null,
  shape text not null,
  answer jsonb not null,
  provider text not null,
  model text not null,
  hits bigint not null default 0,
  created_at timestamptz not null,
  primary key (company_id, shape)
);
create index analysis_cache_age on analysis_cache (company_id, created_at);

-- What an analyst in another process has to tell live; kept for minutes.
create table analysis_news (
  id bigint generated always as identity primary key,
  news jsonb not null,
  created_at timestamptz not null
);
