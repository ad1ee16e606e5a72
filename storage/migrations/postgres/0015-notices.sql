-- Rooms of a chat that are told when the remediator asks. The address is the secret: whoever has it can write there.
create table notice_channels (
  id text primary key,
  company_id text references companies (id) on delete cascade, -- null: the MSP's, told of every company
  kind text not null check (kind in ('slack', 'teams')),
  name text not null,
  address bytea not null,                        -- sealed, the row id as associated data
  enabled boolean not null default true,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  last_sent_at timestamptz,
  last_error text,
  unique nulls not distinct (company_id, name)
);

alter table run_approvals add column noticed_at timestamptz; -- when its notices were written down
create index run_approvals_unnoticed on run_approvals (requested_at) where status = 'pending' and noticed_at is null;

-- What is owed to people: one row for each request and recipient, kept until it is sent or given up.
create table notices (
  id bigint generated always as identity primary key,
  approval_id text not null references run_approvals (id) on delete cascade,
  company_id text not null,
  channel_id text references notice_channels (id) on delete cascade,
  user_id text references users (id) on delete cascade,
  status text not null default 'waiting' check (status in ('waiting', 'sent', 'void', 'dead', 'shown')),
  attempts int not null default 0,
  due_at timestamptz not null,
  claimed_until timestamptz,
  last_error text,
  created_at timestamptz not null,
  sent_at timestamptz,
  check ((channel_id is null) <> (user_id is null)),
  unique nulls not distinct (approval_id, channel_id, user_id)
);
create index notices_due on notices (due_at) where status = 'waiting';
