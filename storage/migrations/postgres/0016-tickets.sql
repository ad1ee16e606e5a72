-- Connections to ticket systems: how they are reached, with everything secret sealed (AES-256-GCM, the row id and the column's name as associated data).
create table connections (
  id text primary key,
  company_id text references companies (id) on delete cascade, -- null: the MSP's default
  connector text not null,
  name text not null,
  environment text not null check (environment in ('sandbox', 'production')),
  enabled boolean not null default false,
  base_url text not null,
  auth text not null,
  scopes text[] not null default '{}',
  fields jsonb not null default '{}',            -- nothing secret
  mapping jsonb not null default '{}',
  secret_names text[] not null default '{}',
  secrets bytea,                                 -- JSON by name
  tokens bytea,                                  -- OAuth: access and refresh token as JSON
  token_mark text,                               -- another with each pair of tokens, so that no writer overwrites what it has not seen
  token_expires_at timestamptz,
  token_due_at timestamptz,                      -- when it is to be refreshed
  token_holder text,                             -- who refreshes it now
  token_held_until timestamptz,
  token_tries int not null default 0,            -- refreshes that failed since the last good one
  is_token_unsure boolean not null default false, -- a refresh was sent and its answer never came: a rotated token may be lost
  hold_error text,                               -- somebody has to agree anew before tokens can be had; how to mend it
  webhook_secret bytea,
  hook_key bytea not null,                       -- sealed: the long random part of the address the PSA posts to
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  checked_at timestamptz,
  check_report jsonb,
  last_used_at timestamptz,
  last_error text,
  unique nulls not distinct (company_id, name)
);
-- One PSA for one company and environment, so one incident is one ticket.
create unique index connections_in_use on connections (company_id, environment) nulls not distinct where enabled;

-- A browser that was sent to the vendor and is to come back; used once.
create table oauth_states (
  state_hash bytea primary key,                  -- SHA-256 of the state
  connection_id text not null references connections (id) on delete cascade,
  verifier bytea not null,                       -- PKCE, sealed
  redirect_uri text not null,
  actor jsonb not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- Which company of the PSA is which of ours, and which thing there is which asset. Where rules are unsure a person is asked.
create table external_matches (
  connection_id text not null references connections (id) on delete cascade,
  company_id text not null references companies (id) on delete cascade,
  kind text not null check (kind in ('company', 'asset', 'user')),
  name text not null,                            -- ours: company id, asset name, user id
  status text not null check (status in ('matched', 'asked', 'none')),
  external_id text,
  external_name text,
  by text not null,                              -- person, or the rule that matched
  candidates jsonb not null default '[]',        -- what a person may choose from
  looked_at timestamptz not null,
  primary key (connection_id, company_id, kind, name)
);
create index external_matches_asked on external_matches (company_id) where status = 'asked';

create table tickets (
  id text primary key,
  company_id text not null references companies (id) on delete cascade,
  incident_id text not null,
  connection_id text references connections (id) on delete set null,
  connector text not null,
  environment text not null,
  account text not null default '',              -- what shares one call budget
  external_ref text not null,                    -- ours, made of connection, incident and generation, so it is the same after a restore
  external_id text,
  number text,
  url text,
  title text not null,
  origin text not null check (origin in ('own', 'linked')),
  link_kind text not null default 'related' check (link_kind in ('related', 'resolves', 'documents', 'caused_by')),
  is_automatic boolean not null default true,
  generation int not null default 1,
  parent_ticket_id text references tickets (id) on delete set null,
  mode text not null,                            -- production and sandbox are sent, dry-run and demo shown
  is_simulated boolean not null default false,
  is_touched boolean not null default false,
  touched_at timestamptz,
  told jsonb not null default '{}',              -- what was last ordered to stand in the ticket, so that only differences are ordered
  told_version bigint not null default 0,        -- version of the incident it was taken from
  seen jsonb,                                    -- the last snapshot
  state text not null default 'unknown',
  status_text text,
  external_assignee jsonb,
  last_note_at timestamptz,
  last_call_at timestamptz,
  last_synced_at timestamptz,
  last_error text,
  closed_at timestamptz,
  created_at timestamptz not null,
  version bigint not null default 1
);
-- Those whose connection was removed, and simulated ones, are told apart by id and reference alone.
create unique index tickets_own on tickets (incident_id, connection_id, generation) where origin = 'own';
create unique index tickets_ref on tickets (external_ref) where origin = 'own';
create unique index tickets_external on tickets (connection_id, external_id, incident_id) where external_id is not null;
create index tickets_of_incident on tickets (incident_id);
create index tickets_open on tickets (connection_id, last_synced_at) where closed_at is null and external_id is not null;

-- The outbox: only its worker calls connectors. Order is kept per ticket by seq; what waits is put together.
create table ticket_outbox (
  id bigint generated always as identity primary key,
  ticket_id text not null references tickets (id) on delete cascade,
  company_id text not null,
  account text not null,
  seq int not null,
  kind text not null check (kind in ('create', 'update', 'join', 'read')),
  body jsonb not null,                           -- TicketDraft, TicketChange, or the ticket to join with
  urgency int not null,                          -- 0 critical, 1 people waiting, 2 usual, 3 may wait
  status text not null default 'waiting' check (status in ('waiting', 'calling', 'done', 'dead', 'shown', 'void')),
  attempts int not null default 0,
  is_repeat boolean not null default false,      -- an earlier attempt may have been taken
  unknown_at timestamptz,                        -- since when nobody can tell whether a call was taken
  looks int not null default 0,                  -- look-ups since then that found nothing
  due_at timestamptz not null,
  claimed_by text,
  claimed_until timestamptz,
  code text,
  error text,
  created_at timestamptz not null,
  first_called_at timestamptz,
  ended_at timestamptz,
  version bigint not null default 1,             -- what the next write of its holder must find
  unique (ticket_id, seq)
);
-- Companies of one account take turns, so each is looked into for itself.
create index ticket_outbox_due on ticket_outbox (account, company_id, urgency, due_at, id) where status in ('waiting', 'calling');
create index ticket_outbox_claimed on ticket_outbox (account) where claimed_until is not null;
create index ticket_outbox_dead on ticket_outbox (company_id, id) where status = 'dead';
create index ticket_outbox_ticket on ticket_outbox (ticket_id, seq) where status in ('waiting', 'calling', 'dead');

-- How hard an account may be called, and how its calls went: one row for all processes.
create table call_accounts (
  account text primary key,
  connector text not null,
  windows jsonb not null default '{}',           -- calls counted by limit and slice of time
  learned jsonb not null default '{}',           -- limits the vendor told or taught us
  under_way jsonb not null default '[]',         -- calls begun and not ended, with when they are taken for lost
  blocked_until timestamptz,                     -- the vendor said when
  ready_at timestamptz,                          -- earliest time for what is not critical
  ready_critical_at timestamptz,
  breaker jsonb not null default '{}',           -- failures in a row, open until, probe
  held_code text,                                -- unauthorized, forbidden, quota, misconfigured: until mended or probed
  held_until timestamptz,
  last_ok_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  updated_at timestamptz not null
);

-- Incidents the sync has to look at; filled by its reader of incidents.v1.
create table ticket_queue (
  incident_id text primary key,
  company_id text not null,
  partition int,                                 -- of incidents.v1; null: due at once
  version bigint not null,
  first_at_ms bigint not null,
  due_at_ms bigint not null,
  looks int not null default 0,                  -- how often it was listed though nothing of it changed
  reason text,                                   -- why it waits, as the last look found: company_unmatched, delay, rate
  claimed_until timestamptz
);
create index ticket_queue_due on ticket_queue (due_at_ms);
-- What tickets said to an incident.
create index commands_of_connectors on commands (incident_id) where actor ->> 'kind' = 'connector';
create index ticket_queue_reason on ticket_queue (company_id) where reason = 'company_unmatched';

-- What PSAs told us, by webhook or when asked: a hint that a ticket is to be read. One row an event, so doubles are known.
create table ticket_hints (
  id bigint generated always as identity primary key,
  connection_id text not null references connections (id) on delete cascade,
  event_id text not null,                        -- the vendor's, else made of ticket and time
  external_id text not null,
  via text not null check (via in ('hook', 'poll', 'reconcile')),
  received_at timestamptz not null,
  done_at timestamptz,
  claimed_until timestamptz,
  attempts int not null default 0,
  error text,
  unique (connection_id, event_id)
);
create index ticket_hints_waiting on ticket_hints (received_at) where done_at is null;

-- Where polling of a connection stands.
create table connection_cursors (
  connection_id text primary key references connections (id) on delete cascade,
  cursor text,
  polled_at timestamptz,
  due_at timestamptz not null,
  reconciled_at timestamptz,
  claimed_until timestamptz
);

-- What the MSP (company id '') and companies want of their tickets.
create table ticket_settings (
  company_id text primary key,
  settings jsonb not null,
  updated_at timestamptz not null
);

-- Every call to the outside and every webhook from it; kept 30 days here, counted for good in ClickHouse.
create table outside_calls (
  id text primary key,
  at timestamptz not null,
  integration_type text not null,
  connector text not null,
  connection_id text,
  company_id text,
  incident_id text,
  ticket_id text,
  action text not null,
  direction text not null,
  external_id text,
  method text not null,
  url text not null,
  reference text not null,
  status text not null,
  http_status int,
  error_code text,
  error_text text,
  duration_ms double precision not null,
  retries int not null,
  who jsonb not null,
  request text,
  response text
);
create index outside_calls_newest on outside_calls (company_id, at desc, id);
create index outside_calls_ticket on outside_calls (ticket_id, at desc) where ticket_id is not null;
create index outside_calls_incident on outside_calls (incident_id, at desc) where incident_id is not null;
create index outside_calls_connection on outside_calls (connection_id, at desc) where connection_id is not null;
create index outside_calls_old on outside_calls (at);
