-- What an incident shows beyond its problems. The projector also fills category (of the classification) and root_cause, which were there already;
-- pattern is no longer written: it is the first of the findings.
alter table incidents
  add column findings jsonb not null default '[]',
  add column classification jsonb,
  add column severity_judgement jsonb;

-- The dependency graph a company has posted, whole; `from` depends on `to`.
create table company_topologies (
  company_id text primary key references companies (id),
  revision bigint not null,
  nodes jsonb not null,
  edges jsonb not null,
  updated_at timestamptz not null,
  announced_at timestamptz
);
