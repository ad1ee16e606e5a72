-- How the process stage treats an integration: the mapping that reads its payloads (see schemas/mapping.ts) and how often it must be heard. Each change
-- raises the revision and is announced on alerts.raw.v1; announcements are repeated, because that log forgets. See storage/queries/integration-settings.ts.
alter table integrations
  add column mapping json,                       -- json, not jsonb: labels come in the order in which they were written
  add column heartbeat_seconds int check (heartbeat_seconds between 60 and 604800),
  add column heartbeat_grace_seconds int not null default 0 check (heartbeat_grace_seconds between 0 and 86400),
  add column settings_revision bigint not null default 1,
  add column announced_at timestamptz;           -- null: not yet, as for every integration there was before this

-- Settings of companies are announced again likewise, on correlation.v1.
alter table companies add column announced_at timestamptz;
