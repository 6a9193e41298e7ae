-- SPDX-License-Identifier: MIT
-- The check for the sqlite3 shell; the files are imported before.
create index users_id on users(id);
create index teams_id on teams(id);
create index teams_parent on teams(parent_team_id);
select 'users ' || count(*) from users;
select 'teams ' || count(*) from teams;
select 'duplicate-user-id ' || (count(*) - count(distinct id)) from users;
select 'duplicate-email ' || (count(*) - count(distinct lower(email))) from users;
select 'duplicate-team-id ' || (count(*) - count(distinct id)) from teams;
select 'unknown-team ' || count(*) from users
 where team_id <> '' and not exists (select 1 from teams where teams.id = users.team_id);
select 'unknown-parent-team ' || count(*) from teams
 where parent_team_id <> ''
   and not exists (select 1 from teams as above where above.id = teams.parent_team_id);
select 'unknown-manager ' || count(*)
  from teams, json_each('["' || replace(manager_ids, ',', '","') || '"]') as manager
 where manager.value <> ''
   and not exists (select 1 from users where users.id = manager.value);
with recursive reached(id) as (
    select id from teams
     where not exists (select 1 from teams as above where above.id = teams.parent_team_id)
    union
    select teams.id from teams join reached on teams.parent_team_id = reached.id)
select 'team-cycle ' || ((select count(distinct id) from teams) - count(*)) from reached;
select 'duplicate-team-name ' || coalesce(sum(number), 0)
  from (select count(*) as number from teams group by name having number > 1);
