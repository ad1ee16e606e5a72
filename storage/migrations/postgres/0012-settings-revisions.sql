-- What decided how a company's problems are grouped, by the revision its log was told: so that a decision can be explained when the settings have changed.
create table company_settings_revisions (
  company_id text not null references companies (id) on delete cascade,
  revision bigint not null,
  settings jsonb not null,                       -- windowMs, maxLifeMs, joinThreshold, weights in effect
  created_at timestamptz not null,
  primary key (company_id, revision)
);
