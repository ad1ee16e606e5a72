-- Rule books (schemas/rules.ts), append-only: of the MSP for all of its companies, and of each company. Rolling back is a new revision.
create table rule_books (
  scope text not null,                           -- 'msp', or a company id
  revision bigint not null,
  document json not null,                        -- json, not jsonb: as it was written
  origins jsonb not null,                        -- since which revision each rule stands as it does, by '<list>/<id>'
  rolled_back_to bigint,                         -- the revision whose document this one repeats
  author jsonb not null,                         -- kind, id, name
  comment text not null,
  created_at timestamptz not null,
  primary key (scope, revision)
);

-- What a company's rules in effect are made of, by the revision that its log and every evidence name; 0 stands for none.
create table company_rules (
  company_id text not null references companies (id) on delete cascade,
  revision bigint not null,
  msp_revision bigint not null,
  company_revision bigint not null,
  created_at timestamptz not null,
  primary key (company_id, revision)
);

-- The number of the rules in effect, raised with every change of either book.
alter table companies add column rules_revision bigint not null default 0;
