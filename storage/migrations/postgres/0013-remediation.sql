-- Runbooks people wrote, and every version of them. Those that ship with the program are files and not here.
create table runbooks (
  id text primary key,                           -- unique over all companies
  company_id text references companies (id) on delete cascade, -- null: the MSP's, for every company
  kind text not null check (kind in ('msp', 'company', 'draft')),
  version int not null,
  definition jsonb not null,                     -- schemas/runbooks.ts, read and checked
  files jsonb not null,                          -- file name to text, as it was given
  created_by jsonb not null,                     -- actor
  created_at timestamptz not null,
  updated_at timestamptz not null,
  removed_at timestamptz
);
create index runbooks_of_company on runbooks (company_id) where removed_at is null;
create table runbook_versions (
  id text not null references runbooks (id) on delete cascade,
  version int not null,
  definition jsonb not null,
  files jsonb not null,
  created_by jsonb not null,
  created_at timestamptz not null,
  primary key (id, version)
);

-- What the MSP (company_id '') and companies allow the remediator, see schemas/remediation-settings.ts. The row of a company is also what admissions of its
-- runs lock, so that two at once never exceed a limit together.
create table remediation_settings (
  company_id text primary key,
  settings jsonb not null default '{}',          -- RemediationSettings of schemas/runs.ts
  granted jsonb not null default '{}',           -- what an MSP Admin grants this company over what the MSP sets for all; empty for ''
  revision bigint not null,
  updated_by jsonb not null,
  updated_at timestamptz not null
);

-- Clouds of companies. AWS needs no secret: a role is assumed with the external id.
create table cloud_accounts (
  id text primary key,
  company_id text not null references companies (id) on delete cascade,
  cloud text not null check (cloud in ('aws', 'azure', 'gcp', 'datto_rmm')),
  name text not null,
  environment text not null check (environment in ('production', 'sandbox')),
  enabled boolean not null default false,
  fields jsonb not null,
  secret bytea,                                  -- sealed, the row id as associated data
  created_at timestamptz not null,
  updated_at timestamptz not null,
  checked_at timestamptz,
  check_report jsonb,
  last_used_at timestamptz,
  unique (company_id, name)
);

-- Runs: the truth of what was planned, allowed and done. `version` goes up by one with each change and guards it.
create table runs (
  id text primary key,
  company_id text not null references companies (id),
  incident_id text,
  problem_key text,
  runbook_id text not null,
  runbook_version int not null,
  runbook jsonb not null,                        -- as it was when the plan was made; nothing else is ever run
  risk text not null,
  mode text not null,
  simulated boolean not null default false,
  trigger text not null,
  status text not null,
  outcome text,
  code text,
  message text,
  requested_by jsonb not null,                   -- actor
  requested_role text,
  plan jsonb not null,
  plan_digest text not null,                     -- over everything a yes is given for
  work jsonb not null default '{}',              -- what the worker remembers between two looks
  idempotency_key text,
  request_hash text,
  cancel_requested_by jsonb,
  cancel_requested_at timestamptz,
  claimed_by text,
  claimed_until timestamptz,
  due_at timestamptz not null,                   -- when a worker looks at it next
  created_at timestamptz not null,
  updated_at timestamptz not null,
  admitted_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  told_at timestamptz,                           -- outcome told to the incident
  version bigint not null default 1
);
create index runs_newest on runs (company_id, created_at desc, id);
create index runs_of_runbook on runs (runbook_id, company_id); -- how each has done
create index runs_of_incident on runs (incident_id) where incident_id is not null;
create index runs_of_problem on runs (company_id, problem_key) where problem_key is not null;
create index runs_due on runs (due_at) where status in ('planned', 'awaiting_approval', 'queued', 'running', 'verifying', 'rolling_back');
create index runs_untold on runs (due_at) where ended_at is not null and told_at is null;
create unique index runs_idempotency on runs (company_id, (requested_by ->> 'id'), idempotency_key) where idempotency_key is not null;

-- Never two runs on one asset: the row exists exactly while a run is active.
create table run_locks (
  company_id text not null,
  asset text not null,                           -- lower case; a second row names the machine itself, because assets have aliases
  run_id text not null references runs (id) on delete cascade,
  primary key (company_id, asset)
);

-- One row a command; written before it is sent and after.
create table run_commands (
  run_id text not null references runs (id) on delete cascade,
  seq int not null,
  step_id text not null,
  phase text not null check (phase in ('step', 'verify', 'rollback')),
  asset text not null,
  token text not null unique,                    -- one row is one token, and at most one sending of it
  planned_seq int not null,                      -- the command of the plan it is; a probe that is repeated has a row and a token of its own
  status text not null check (status in ('pending', 'sending', 'sent', 'ended', 'unknown', 'skipped')),
  attempt int not null default 0,
  ref jsonb,
  outcome text,
  exit_code int,
  stdout text not null default '',
  stderr text not null default '',
  truncated boolean not null default false,
  result jsonb,
  message text,
  digest text not null,
  intent_at timestamptz,
  sent_at timestamptz,
  ended_at timestamptz,
  cleaned_at timestamptz,                        -- what the cloud kept of it is gone
  clean_tries int not null default 0,
  primary key (run_id, seq)
);

create table run_approvals (
  id text primary key,
  run_id text not null references runs (id) on delete cascade,
  company_id text not null,
  question text not null check (question in ('run', 'target')),
  role text not null,
  four_eyes boolean not null,
  status text not null check (status in ('pending', 'approved', 'refused', 'expired', 'void')),
  reason text not null,
  plan_digest text not null,                     -- what was asked: a yes counts for this plan alone
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by jsonb,
  decided_role text,
  via text,
  comment text,
  target jsonb                                   -- question target: the machine that was chosen, one of the plan's candidates
);
create index run_approvals_pending on run_approvals (company_id, requested_at desc) where status = 'pending';
create index run_approvals_of_run on run_approvals (run_id);

-- One-time links of a request: only the hash is kept, each is for one person and dies with its use.
create table approval_links (
  token_hash bytea primary key,
  approval_id text not null references run_approvals (id) on delete cascade,
  user_id text not null references users (id) on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- Incidents the remediator has to look at, one row an incident.
create table remediation_queue (
  incident_id text primary key,
  company_id text not null,
  partition int,
  version bigint not null,
  first_at_ms bigint not null,
  due_at_ms bigint not null,
  claimed_until timestamptz
);
