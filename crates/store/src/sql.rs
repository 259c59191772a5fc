//! Every statement that is run on stored data, once.
//!
//! Parameters are `$1, $2 …` in order of first appearance, which both engines number alike. A text
//! has two arms only where the engines must differ: SQLite writes row by row on its writer thread,
//! PostgreSQL a whole group per statement, from arrays.

/// One statement; empty for an engine that has no use for it.
#[derive(Debug)]
pub(crate) struct Statement {
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Statement {
    const fn both(name: &'static str, text: &'static str) -> Self {
        Self { name, sqlite: text, postgres: text }
    }

    const fn postgres(name: &'static str, text: &'static str) -> Self {
        Self { name, sqlite: "", postgres: text }
    }

    const fn arms(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres }
    }
}

pub(crate) static HEAD: Statement = Statement::both(
    "head",
    "SELECT id, sequence, hash FROM log WHERE study = $1 AND kind = $2 AND key = $3",
);

pub(crate) static READ: Statement = Statement::both(
    "read",
    "SELECT e.sequence, e.bytes, e.hash
     FROM log l JOIN entry e ON e.study = l.study AND e.log = l.id
     WHERE l.study = $1 AND l.kind = $2 AND l.key = $3 AND e.sequence >= $4
     ORDER BY e.sequence LIMIT $5",
);

pub(crate) static ENTRY: Statement = Statement::both(
    "entry",
    "SELECT e.sequence, e.bytes, e.hash
     FROM log l JOIN entry e ON e.study = l.study AND e.log = l.id
     WHERE l.study = $1 AND l.kind = $2 AND l.key = $3 AND e.sequence = $4",
);

pub(crate) static FOLLOW: Statement = Statement::both(
    "follow",
    "SELECT e.sequence, e.bytes, e.hash, e.position, l.study, l.kind, l.key
     FROM entry e JOIN log l ON l.study = e.study AND l.id = e.log
     WHERE e.position > $1
     ORDER BY e.position LIMIT $2",
);

/// The log of an entry is looked up by [`LOG_OF_ENTRY`], once: many entries have the same.
pub(crate) static SCAN: Statement = Statement::both(
    "scan",
    "SELECT sequence, bytes, hash, study, log FROM entry
     WHERE position > $1 AND position <= $2
     ORDER BY position",
);

pub(crate) static LOG_OF_ENTRY: Statement =
    Statement::both("log of an entry", "SELECT study, kind, key FROM log WHERE id = $1");

pub(crate) static LAST_POSITION: Statement =
    Statement::both("last position", "SELECT coalesce(max(position), 0) FROM entry");

pub(crate) static LOGS: Statement = Statement::both(
    "logs",
    "SELECT study, kind, key, sequence, hash FROM log
     WHERE (study, kind, key) > ($1, $2, $3)
     ORDER BY study, kind, key LIMIT $4",
);

pub(crate) static LOGS_OF_STUDY: Statement = Statement::both(
    "logs of a study",
    "SELECT study, kind, key, sequence, hash FROM log
     WHERE study = $1 AND (kind, key) > ($2, $3)
     ORDER BY study, kind, key LIMIT $4",
);

pub(crate) static VIEW: Statement = Statement::both(
    "view",
    "SELECT bytes FROM view_row WHERE study = $1 AND view = $2 AND key = $3",
);

pub(crate) static LIST: Statement = Statement::both(
    "list",
    "SELECT key, bytes FROM view_row
     WHERE study = $1 AND view = $2 AND key >= $3
     ORDER BY key LIMIT $4",
);

pub(crate) static LIST_BEFORE: Statement = Statement::both(
    "list before an end",
    "SELECT key, bytes FROM view_row
     WHERE study = $1 AND view = $2 AND key >= $3 AND key < $4
     ORDER BY key LIMIT $5",
);

pub(crate) static IS_TAKEN: Statement = Statement::arms(
    "is taken",
    "SELECT 1 FROM view_row WHERE study = $1 AND view = $2 AND key = $3",
    "SELECT wanted.place
     FROM unnest($1::text[], $2::integer[], $3::text[]) WITH ORDINALITY
          AS wanted (study, view, key, place)
     JOIN view_row v ON v.study = wanted.study AND v.view = wanted.view AND v.key = wanted.key",
);

/// Also the lock under which a group is written: entries become visible in order of position.
pub(crate) static ADVANCE: Statement = Statement::postgres(
    "advance position",
    "UPDATE last_position SET position = position + $1 WHERE one = 1 RETURNING position",
);

pub(crate) static LOCK_POSITION: Statement = Statement::postgres(
    "lock position",
    "SELECT position FROM last_position WHERE one = 1 FOR UPDATE",
);

pub(crate) static HEADS: Statement = Statement::postgres(
    "heads",
    "SELECT wanted.place, l.id, l.sequence, l.hash
     FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY
          AS wanted (study, kind, key, place)
     JOIN log l ON l.study = wanted.study AND l.kind = wanted.kind AND l.key = wanted.key",
);

pub(crate) static INSERT_LOG: Statement = Statement::arms(
    "insert log",
    "INSERT INTO log (study, kind, key, id, sequence, hash) VALUES ($1, $2, $3, $4, $5, $6)",
    "INSERT INTO log (study, kind, key, id, sequence, hash)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[])",
);

pub(crate) static UPDATE_LOG: Statement = Statement::arms(
    "update log",
    "UPDATE log SET sequence = $1, hash = $2 WHERE id = $3",
    "UPDATE log SET sequence = new.sequence, hash = new.hash
     FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[])
          AS new (study, id, sequence, hash)
     WHERE log.study = new.study AND log.id = new.id",
);

pub(crate) static INSERT_ENTRY: Statement = Statement::arms(
    "insert entry",
    "INSERT INTO entry (study, log, sequence, position, bytes, hash)
     VALUES ($1, $2, $3, $4, $5, $6)",
    "INSERT INTO entry (study, log, sequence, position, bytes, hash)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])",
);

pub(crate) static PUT_ROW: Statement = Statement::arms(
    "put view row",
    "INSERT INTO view_row (study, view, key, bytes) VALUES ($1, $2, $3, $4)
     ON CONFLICT (study, view, key) DO UPDATE SET bytes = excluded.bytes",
    "INSERT INTO view_row (study, view, key, bytes)
     SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::bytea[])
     ON CONFLICT (study, view, key) DO UPDATE SET bytes = excluded.bytes",
);

pub(crate) static DROP_ROW: Statement = Statement::arms(
    "drop view row",
    "DELETE FROM view_row WHERE study = $1 AND view = $2 AND key = $3",
    "DELETE FROM view_row USING unnest($1::text[], $2::integer[], $3::text[])
          AS old (study, view, key)
     WHERE view_row.study = old.study AND view_row.view = old.view AND view_row.key = old.key",
);

pub(crate) static ENQUEUE: Statement = Statement::arms(
    "enqueue",
    "INSERT INTO job (study, queue, key, payload, run_at_ms, attempt, token)
     VALUES ($1, $2, $3, $4, $5, 0, $6)
     ON CONFLICT (study, queue, key) DO UPDATE SET payload = excluded.payload,
       run_at_ms = excluded.run_at_ms, attempt = 0, token = excluded.token",
    "INSERT INTO job (study, queue, key, payload, run_at_ms, attempt, token)
     SELECT new.study, new.queue, new.key, new.payload, new.run_at_ms, 0, new.token
     FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[])
          AS new (study, queue, key, payload, run_at_ms, token)
     ON CONFLICT (study, queue, key) DO UPDATE SET payload = excluded.payload,
       run_at_ms = excluded.run_at_ms, attempt = 0, token = excluded.token",
);

pub(crate) static IS_DUE: Statement =
    Statement::both("is due", "SELECT 1 FROM job WHERE queue = $1 AND run_at_ms <= $2 LIMIT 1");

pub(crate) static CLAIM: Statement = Statement::arms(
    "claim",
    "UPDATE job SET run_at_ms = $1, attempt = attempt + 1
     WHERE rowid = (
       SELECT rowid FROM job WHERE queue = $2 AND run_at_ms <= $3
       ORDER BY run_at_ms, study, key LIMIT 1)
     RETURNING study, queue, key, payload, attempt, token",
    "UPDATE job SET run_at_ms = $1, attempt = attempt + 1
     WHERE (study, queue, key) = (
       SELECT study, queue, key FROM job WHERE queue = $2 AND run_at_ms <= $3
       ORDER BY run_at_ms, study, key LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING study, queue, key, payload, attempt, token",
);

pub(crate) static FINISH: Statement = Statement::both(
    "finish",
    "DELETE FROM job
     WHERE study = $1 AND queue = $2 AND key = $3 AND token = $4 AND attempt = $5",
);

pub(crate) static FAIL: Statement = Statement::both(
    "fail",
    "UPDATE job SET run_at_ms = $1
     WHERE study = $2 AND queue = $3 AND key = $4 AND token = $5 AND attempt = $6",
);

pub(crate) static NOTE: Statement = Statement::both(
    "note",
    "UPDATE job SET payload = $1, run_at_ms = $2
     WHERE study = $3 AND queue = $4 AND key = $5 AND token = $6 AND attempt = $7",
);

pub(crate) static NOTED: Statement = Statement::both(
    "noted",
    "SELECT payload FROM job WHERE study = $1 AND queue = $2 AND key = $3",
);

pub(crate) static STAGE_ROW: Statement = Statement::both(
    "stage view row",
    "INSERT INTO view_stage (study, view, key, bytes) VALUES ($1, $2, $3, $4)
     ON CONFLICT (study, view, key) DO UPDATE SET bytes = excluded.bytes",
);

pub(crate) static UNSTAGE_ROW: Statement = Statement::both(
    "unstage view row",
    "DELETE FROM view_stage WHERE study = $1 AND view = $2 AND key = $3",
);

pub(crate) static UNSTAGE: Statement =
    Statement::both("unstage", "DELETE FROM view_stage WHERE study = $1");

pub(crate) static CLEAR_VIEW: Statement =
    Statement::both("clear view", "DELETE FROM view_row WHERE study = $1 AND view = $2");

pub(crate) static FILL_VIEW: Statement = Statement::both(
    "fill view",
    "INSERT INTO view_row (study, view, key, bytes)
     SELECT study, view, key, bytes FROM view_stage WHERE study = $1 AND view = $2",
);

#[cfg(test)]
pub(crate) static ALL: [&Statement; 33] = [
    &HEAD,
    &READ,
    &ENTRY,
    &FOLLOW,
    &SCAN,
    &LOG_OF_ENTRY,
    &LAST_POSITION,
    &LOGS,
    &LOGS_OF_STUDY,
    &VIEW,
    &LIST,
    &LIST_BEFORE,
    &IS_TAKEN,
    &ADVANCE,
    &LOCK_POSITION,
    &HEADS,
    &IS_DUE,
    &INSERT_LOG,
    &UPDATE_LOG,
    &INSERT_ENTRY,
    &PUT_ROW,
    &DROP_ROW,
    &ENQUEUE,
    &CLAIM,
    &FINISH,
    &FAIL,
    &NOTE,
    &NOTED,
    &STAGE_ROW,
    &UNSTAGE_ROW,
    &UNSTAGE,
    &CLEAR_VIEW,
    &FILL_VIEW,
];

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::migration::MIGRATIONS;
    use rusqlite::Connection;

    #[test]
    fn every_statement_is_registered() {
        let written = include_str!("sql.rs").matches(": Statement =").count();
        // One match is the line above.
        assert_eq!(ALL.len(), written - 1);
    }

    #[test]
    fn sqlite_prepares_every_statement_with_its_parameters_in_order() {
        let connection = Connection::open_in_memory().unwrap();
        for migration in MIGRATIONS {
            connection.execute_batch(migration.sqlite).unwrap();
        }
        for statement in ALL.iter().filter(|statement| !statement.sqlite.is_empty()) {
            let prepared = connection.prepare(statement.sqlite);
            let prepared = prepared.unwrap_or_else(|error| panic!("{}: {error}", statement.name));
            for index in 1..=prepared.parameter_count() {
                let expected = format!("${index}");
                assert_eq!(prepared.parameter_name(index), Some(expected.as_str()));
            }
        }
    }

    #[tokio::test]
    async fn postgres_prepares_every_statement() {
        let server = testkit::postgres::Postgres::shared();
        let (client, connection) =
            tokio_postgres::connect(&server.database(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        for migration in MIGRATIONS {
            client.batch_execute(migration.postgres).await.unwrap();
        }
        for statement in ALL {
            let prepared = client.prepare(statement.postgres).await;
            assert!(prepared.is_ok(), "{}: {prepared:?}", statement.name);
        }
    }
}
