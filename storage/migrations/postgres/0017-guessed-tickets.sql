-- Calls for a ticket that somebody named and may not be shown: an MSP Admin reads them as they were, everybody else one of them as refused and none of the others, whether there is such a ticket or not.
alter table outside_calls add column shown_as text check (shown_as in ('refused', 'hidden'));
