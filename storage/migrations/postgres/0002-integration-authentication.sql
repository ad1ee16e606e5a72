-- How an integration's sender proves itself beside our own HMAC: names of headers and fields, tenants, networks, certificate fingerprints; no secret.
-- See schemas/authentication.ts.
alter table integrations add column authentication jsonb not null default '{}';

-- Secrets that the vendor shares with the company: encrypted as HMAC secrets are, with the row id as associated data. Setting a new one lets those
-- before it overlap until `expires_at`.
create table integration_vendor_secrets (
  id text primary key,
  integration_id text not null references integrations (id) on delete cascade,
  secret bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz
);
create index integration_vendor_secrets_live on integration_vendor_secrets (integration_id);

-- Set while an integration takes nothing: its keys stay, and answer as if they were none.
alter table integrations add column disabled_at timestamptz;
