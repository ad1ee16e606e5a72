-- Backtests over stored history: what was asked, how far it is, what came of it. One runs for a company at a time, whichever process runs it.
create table backtests (
  id text primary key,
  company_id text not null references companies (id),
  state text not null check (state in ('running', 'done', 'failed', 'cancelled')),
  asked jsonb not null,                          -- from, to, limit, settings and topology to try
  done bigint not null default 0,
  total bigint not null default 0,
  result jsonb,
  code text,
  message text,
  cancel_asked boolean not null default false,
  actor_id text not null,
  actor_name text not null,
  created_at timestamptz not null,
  alive_at timestamptz not null,                 -- told by whoever runs it; a run that tells nothing has died with its process
  ended_at timestamptz
);
create unique index backtests_running on backtests (company_id) where state = 'running';
create index backtests_newest on backtests (company_id, created_at desc);

-- What people said by merging and splitting: pairs of problems that belong together, or do not. Written with the outcome of their command.
create table labels (
  company_id text not null,
  command_id text not null,
  action text not null check (action in ('merge', 'split')),
  incident_id text not null,
  other_incident_id text not null,
  together boolean not null,
  pairs jsonb not null,                          -- at most 50: [{"left", "right", "score", "rule"}], the score as it was judged then
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  at timestamptz not null,
  primary key (company_id, command_id)
);
create index labels_newest on labels (company_id, at);
