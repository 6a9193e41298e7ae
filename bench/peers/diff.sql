-- SPDX-License-Identifier: MIT
-- The comparison for the sqlite3 shell; the files are imported before.
select 'added ' || count(*) from new
 where not exists (select 1 from old where old.id = new.id);
select 'removed ' || count(*) from old
 where not exists (select 1 from new where new.id = old.id);
select 'changed ' || count(*) from new join old on old.id = new.id
 where (old.email, old.first_name, old.last_name, old.team_id)
    <> (new.email, new.first_name, new.last_name, new.team_id);
