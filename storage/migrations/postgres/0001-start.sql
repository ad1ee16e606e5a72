-- Companies and who may use them.
create table companies (
  id text primary key,
  name text not null unique,
  settings jsonb not null default '{}',          -- windowMs, limits, requireHmac, mode, sla, cloudProvider; see schemas/settings.ts
  settings_revision bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- An integration is a company's instance of a source. Every company has one 'generic' integration from the start.
create table integrations (
  id text primary key,
  company_id text not null references companies (id),
  source text,                                   -- null: any source by this key
  name text not null,
  require_hmac boolean not null default true,
  created_at timestamptz not null,
  unique (company_id, name)
);

-- Keys are kept only as SHA-256; HMAC secrets encrypted (AES-256-GCM with the row id as associated data).
create table integration_keys (
  id text primary key,
  integration_id text not null references integrations (id),
  key_hash bytea not null unique,
  hmac_secret bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz,                        -- set by rotation: the old key overlaps until then
  revoked_at timestamptz,
  last_used_at timestamptz
);

create table users (
  id text primary key,
  email text not null unique,                    -- lower case
  name text not null,
  role text not null check (role in ('msp_admin', 'company_admin', 'technician', 'viewer')),
  password_hash text not null,                   -- scrypt, with its parameters
  disabled_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create table user_companies (
  user_id text not null references users (id) on delete cascade,
  company_id text not null references companies (id) on delete cascade,
  primary key (user_id, company_id)
);

create table assets (
  id text primary key,
  company_id text not null references companies (id),
  name text not null,
  aliases text[] not null default '{}',
  critical boolean not null default false,
  cloud_provider text check (cloud_provider in ('aws', 'azure', 'gcp')),
  region text,
  account text,
  instance_id text,
  resource_group text,
  vm_name text,
  tags jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (company_id, name)
);

-- Projections of incidents.v1. `version` is the position of the correlation.v1 record behind the row; only a higher one overwrites.
create sequence incident_number;
create table incidents (
  id text primary key,
  company_id text not null,
  number bigint not null unique,
  version bigint not null,
  title text not null,
  status text not null,
  severity text not null,
  priority int not null,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  acknowledged_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  alert_count bigint not null,
  problem_count bigint not null,
  open_problem_count bigint not null,
  assets text[] not null,
  asset_count bigint not null,
  sources text[] not null,
  assignee text,
  resolution text,
  reopen_count int not null,
  merged_into text,                              -- always the last survivor: the projector shortens chains
  category text,
  pattern jsonb,
  root_cause jsonb,
  analysis jsonb,
  suggested_runbooks jsonb not null default '[]',
  response_due_at timestamptz,
  resolve_due_at timestamptz,
  sla_state text
);
create index incidents_newest on incidents (company_id, number desc);
create index incidents_open on incidents (company_id, status, number desc);
create index incidents_merged on incidents (merged_into) where merged_into is not null;

-- An incident and everything merged into it: problems and timeline rows stay where they were placed (a merge may concern thousands), so whoever reads
-- them asks for `incident_id in (select * from incident_ids('…'))`. In FROM the planner inlines it, and both branches are index look-ups; as
-- `select incident_ids('…')` it is opaque, and the table is scanned.
create function incident_ids(survivor text) returns setof text language sql stable
  as 'select survivor union all select id from incidents where merged_into = survivor';

create table problems (
  company_id text not null,
  problem_key text not null,
  incident_id text not null,
  version bigint not null,                       -- position of the correlation.v1 record
  status text not null,
  severity text not null,
  source text not null,
  integration_id text not null,
  asset text,
  signature text,
  title text not null,
  message text not null,
  labels jsonb not null,
  flapping boolean not null,
  acknowledged boolean not null,
  episode int not null,
  alert_count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  resolved_at timestamptz,
  starts_at timestamptz,
  evidence jsonb not null,
  primary key (company_id, problem_key)
);
create index problems_of_incident on problems (incident_id, last_at desc);

-- What happened to an incident, in words; one row per event id, so replays repeat nothing.
create table incident_timeline (
  incident_id text not null,
  company_id text not null,
  event_id text not null,
  version bigint not null,
  at timestamptz not null,
  kind text not null,                            -- opened, problem_joined, severity_changed, status_changed, note, merged, …
  actor jsonb,
  text text not null,
  primary key (incident_id, event_id)
);

-- How many problems have joined an incident: past a limit they are counted in one timeline row, not told one by one.
create table incident_joins (
  incident_id text primary key,
  joined bigint not null
);

-- Commands: asked through the API, answered by exactly one outcome.
create table commands (
  id text primary key,
  company_id text not null,
  incident_id text not null,
  action text not null,
  actor jsonb not null,
  idempotency_key text,
  request_hash text,
  status text not null default 'pending' check (status in ('pending', 'done', 'refused')),
  code text,
  message text,
  version bigint,
  applied_incident_id text,
  created_at timestamptz not null,
  settled_at timestamptz
);
create unique index commands_idempotency on commands (company_id, (actor ->> 'id'), idempotency_key) where idempotency_key is not null;

-- Whoever keeps its truth here speaks to the log through this table, written in the same transaction; the relay appends and deletes in id order.
-- A record that does not fit its schema is a defect of ours: it is set aside here with the reason, so that it holds up nobody and is not lost.
create table outbox (
  id bigint generated always as identity primary key,
  topic text not null,
  key text not null,
  record jsonb not null,                         -- the record in the JSON form of its TypeScript type
  created_at timestamptz not null,
  set_aside_at timestamptz,
  set_aside_reason text
);
create index outbox_waiting on outbox (id) where set_aside_at is null;

-- One relay at a time, so that records of one key keep their order; see storage/relay.ts.
create table leases (
  name text primary key,
  holder text not null,
  expires_at timestamptz not null
);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  ip text,
  company_id text,
  action text not null,                          -- company.created, user.updated, key.rotated, incident.acknowledge, …
  subject text not null,
  before jsonb,
  after jsonb
);
create index audit_newest on audit_log (company_id, id desc);

-- How far each reader of the log has come, written in the transaction of its rows.
create table reader_positions (
  reader text not null,
  topic text not null,
  partition int not null,
  position bigint not null,
  pending_to bigint,                             -- recorder: end of the range it is about to insert; null when none
  primary key (reader, topic, partition)
);

-- Small facts of the installation itself (JWT signing secret, first company made), encrypted where secret.
create table installation (
  key text primary key,
  value bytea not null
);
