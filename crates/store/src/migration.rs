//! The tables, as a list of steps that is only ever added to.
//!
//! Text is compared by its bytes in both engines. Every table leads with the study. A log's id is
//! the position of its first entry, so that neither engine needs a sequence.

/// One step from a schema to the next.
#[derive(Debug)]
pub(crate) struct Migration {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// The schema that this program writes.
pub(crate) const NEWEST: usize = MIGRATIONS.len();

pub(crate) const MIGRATIONS: [Migration; 1] = [Migration {
    sqlite: "
CREATE TABLE log (
  study TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
  id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, hash BLOB NOT NULL,
  UNIQUE (study, kind, key)) STRICT;
CREATE TABLE entry (
  study TEXT NOT NULL, log INTEGER NOT NULL, sequence INTEGER NOT NULL,
  position INTEGER PRIMARY KEY, bytes BLOB NOT NULL, hash BLOB NOT NULL,
  UNIQUE (log, sequence)) STRICT;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
  BEGIN SELECT raise(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
  BEGIN SELECT raise(ABORT, 'an entry is never deleted'); END;
CREATE TABLE view_row (
  study TEXT NOT NULL, view INTEGER NOT NULL, key TEXT NOT NULL, bytes BLOB NOT NULL,
  UNIQUE (study, view, key)) STRICT;
CREATE TABLE view_stage (
  study TEXT NOT NULL, view INTEGER NOT NULL, key TEXT NOT NULL, bytes BLOB NOT NULL,
  UNIQUE (study, view, key)) STRICT;
CREATE TABLE job (
  study TEXT NOT NULL, queue TEXT NOT NULL, key TEXT NOT NULL, payload BLOB NOT NULL,
  run_at_ms INTEGER NOT NULL, attempt INTEGER NOT NULL, token INTEGER NOT NULL,
  UNIQUE (study, queue, key)) STRICT;
CREATE INDEX job_due ON job (queue, run_at_ms, study, key);",
    postgres: "
CREATE TABLE log (
  study text COLLATE \"C\" NOT NULL, kind text COLLATE \"C\" NOT NULL,
  key text COLLATE \"C\" NOT NULL,
  id bigint NOT NULL, sequence bigint NOT NULL, hash bytea NOT NULL,
  PRIMARY KEY (study, kind, key), UNIQUE (study, id));
CREATE TABLE entry (
  study text COLLATE \"C\" NOT NULL, log bigint NOT NULL, sequence bigint NOT NULL,
  position bigint NOT NULL, bytes bytea NOT NULL, hash bytea NOT NULL,
  PRIMARY KEY (study, log, sequence));
CREATE INDEX entry_position ON entry (position);
CREATE FUNCTION refuse_entry_change() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'an entry is never changed or deleted'; END $$;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE ON entry
  FOR EACH ROW EXECUTE FUNCTION refuse_entry_change();
CREATE TRIGGER entry_is_never_truncated BEFORE TRUNCATE ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_entry_change();
CREATE TABLE last_position (one bigint PRIMARY KEY CHECK (one = 1), position bigint NOT NULL);
INSERT INTO last_position VALUES (1, 0);
CREATE TABLE view_row (
  study text COLLATE \"C\" NOT NULL, view integer NOT NULL, key text COLLATE \"C\" NOT NULL,
  bytes bytea NOT NULL, PRIMARY KEY (study, view, key));
CREATE TABLE view_stage (
  study text COLLATE \"C\" NOT NULL, view integer NOT NULL, key text COLLATE \"C\" NOT NULL,
  bytes bytea NOT NULL, PRIMARY KEY (study, view, key));
CREATE TABLE job (
  study text COLLATE \"C\" NOT NULL, queue text COLLATE \"C\" NOT NULL,
  key text COLLATE \"C\" NOT NULL, payload bytea NOT NULL,
  run_at_ms bigint NOT NULL, attempt bigint NOT NULL, token bigint NOT NULL,
  PRIMARY KEY (study, queue, key));
CREATE INDEX job_due ON job (queue, run_at_ms, study, key);",
}];
