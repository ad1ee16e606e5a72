-- A label is drafted with its command, by what the person saw, and kept when the command is done; a refused one leaves nothing.
alter table labels add column state text not null default 'pending' check (state in ('pending', 'kept'));
create index labels_command on labels (command_id);
