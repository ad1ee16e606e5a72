-- Who could act in a person's name, because they made the account or set how one gets into it. Accounts from before this have nobody.
create table user_hands (
  user_id text not null references users (id) on delete cascade,
  actor_id text not null,                        -- who set it, and whoever could act in their name at that time; kept when they are removed
  until timestamptz,                             -- when that ended; null: it lasts, since the person has not set a password of their own
  primary key (user_id, actor_id)
);
