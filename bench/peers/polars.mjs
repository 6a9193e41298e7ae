// SPDX-License-Identifier: MIT
// polars: node polars.mjs MODULES scan FILE | check DIR | diff OLD NEW
import { createRequire } from 'node:module';

const [modules, work, first, second] = process.argv.slice(2);
const pl = createRequire(`${modules}/`)('nodejs-polars');
// No column is anything but text: 0 rows are looked at.
const csv = (path) => pl.readCSV(path, { inferSchemaLength: 0 });
const print = (name, number) => console.log(name, `${number}`);
const absent = (frame, column, others, other) =>
  frame
    .select(column)
    .filter(pl.col(column).isNotNull())
    .join(others, { leftOn: column, rightOn: other, how: 'anti' });

function check() {
  const users = csv(`${first}/users.csv`);
  const teams = csv(`${first}/teams.csv`);
  const ids = users.select('id').unique();
  const team_ids = teams.select('id').unique();
  print('users', users.height);
  print('teams', teams.height);
  print('duplicate-user-id', users.height - ids.height);
  print('duplicate-email',
    users.height - users.select(pl.col('email').str.toLowerCase()).unique().height);
  print('duplicate-team-id', teams.height - team_ids.height);
  print('unknown-team', absent(users, 'team_id', team_ids, 'id').height);
  print('unknown-parent-team', absent(teams, 'parent_team_id', team_ids, 'id').height);
  const managers = teams
    .select(pl.col('manager_ids').str.split(','))
    .explode('manager_ids');
  print('unknown-manager', absent(managers, 'manager_ids', ids, 'id').height);

  const above = teams.select('id', 'parent_team_id').unique({ subset: ['id'], keep: 'first' });
  let level = above
    .join(team_ids, { leftOn: 'parent_team_id', rightOn: 'id', how: 'anti' })
    .select('id');
  let reached = 0;
  while (level.height > 0) {
    reached += level.height;
    level = above
      .join(level, { leftOn: 'parent_team_id', rightOn: 'id', how: 'semi' })
      .select('id');
  }
  print('team-cycle', team_ids.height - reached);

  const shared = teams.filter(pl.col('name').isDuplicated()).height;
  print('duplicate-team-name', shared);
}

function diff() {
  const before = csv(first);
  const after = csv(second);
  const same = { leftOn: 'id', rightOn: 'id' };
  print('added', after.select('id').join(before.select('id'), { ...same, how: 'anti' }).height);
  print('removed', before.select('id').join(after.select('id'), { ...same, how: 'anti' }).height);
  const pairs = after.join(before, { ...same, how: 'inner', suffix: '_before' });
  const columns = ['email', 'first_name', 'last_name', 'team_id'];
  const differs = columns
    .map((name) => pl.col(name).fillNull('').neq(pl.col(`${name}_before`).fillNull('')))
    .reduce((left, right) => left.or(right));
  print('changed', pairs.filter(differs).height);
}

const works = { scan: () => print('records', csv(first).height + 1), check, diff };
works[work]();
