// SPDX-License-Identifier: MIT
// DuckDB: node duckdb.mjs MODULES scan FILE | check DIR | diff OLD NEW
import { createRequire } from 'node:module';

const [modules, work, first, second] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(`${modules}/`)('@duckdb/node-api');
const threads = process.env.BENCH_THREADS ?? '2';
const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();

const csv = (path) => `read_csv('${path.replaceAll("'", "''")}', all_varchar = true,
  header = true, delim = ',', quote = '"', escape = '"', auto_detect = true)`;

async function print(sql) {
  const reader = await connection.runAndReadAll(sql);
  for (const row of reader.getRowObjects()) {
    for (const [name, value] of Object.entries(row)) console.log(name, `${value ?? 0}`);
  }
}

const works = {
  scan: async () => print(`select count(*) + 1 as records from ${csv(first)}`),

  check: async () => {
    await connection.run(`create table users as
      select id, lower(email) as email, team_id from ${csv(`${first}/users.csv`)}`);
    await connection.run(`create table teams as
      select id, name, manager_ids, parent_team_id from ${csv(`${first}/teams.csv`)}`);
    await print(`select count(*) as users, count(*) - count(distinct id) as "duplicate-user-id",
      count(*) - count(distinct email) as "duplicate-email" from users`);
    await print(`select count(*) as teams,
      count(*) - count(distinct id) as "duplicate-team-id" from teams`);
    await print(`select count(*) as "unknown-team" from users anti join teams
      on users.team_id = teams.id where users.team_id <> ''`);
    await print(`select count(*) as "unknown-parent-team" from teams anti join teams as above
      on teams.parent_team_id = above.id where teams.parent_team_id <> ''`);
    await print(`select count(*) as "unknown-manager" from
      (select unnest(string_split(manager_ids, ',')) as manager from teams where manager_ids <> '')
      anti join users on manager = users.id`);
    await print(`with recursive reached(id) as (
        select distinct teams.id from teams anti join teams as above
          on teams.parent_team_id = above.id
        union all
        select teams.id from teams join reached on teams.parent_team_id = reached.id)
      select (select count(distinct id) from teams) - count(distinct id) as "team-cycle"
      from reached`);
    await print(`select sum(number) as "duplicate-team-name" from
      (select count(*) as number from teams group by name having number > 1)`);
  },

  diff: async () => print(`
    select count(*) filter (old.id is null) as added,
      count(*) filter (new.id is null) as removed,
      count(*) filter (old.id is not null and new.id is not null and (
        old.email is distinct from new.email or
        old.first_name is distinct from new.first_name or
        old.last_name is distinct from new.last_name or
        old.team_id is distinct from new.team_id)) as changed
    from ${csv(first)} as old full outer join ${csv(second)} as new on old.id = new.id`),
};

await works[work]();
