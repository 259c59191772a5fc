//! `casebook import` is killed while it is loading.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    chance::Chance,
    program::Place,
    study::{self, EVENTS, FORM, GROUP, ITEMS, SITE, STUDY, event, item, subject},
};

pub const SUBJECTS: usize = 300;
const KILLS: u64 = 6;
/// Every how many kills one comes at any time, not only while something is written.
const AT_ANY_TIME: u64 = 3;
const POLL: Duration = Duration::from_millis(1);

/// A table with its mapping, and the rows that it has.
struct Load {
    name: &'static str,
    rows: usize,
}

const LOADS: [Load; 2] =
    [Load { name: "subjects", rows: SUBJECTS }, Load { name: "visits", rows: SUBJECTS * EVENTS }];

#[tokio::test]
async fn a_killed_import_is_finished_by_the_same_command_and_leaves_no_trace_in_the_data() {
    let mut chance = Chance::new("killed import");
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path());
    let trial = async |name: &str| {
        let place = Place::folder(folder.path().join(name));
        study::fill(&place, 0).await;
        Trial { place, files: folder.path().to_owned() }
    };
    let (whole, killed) = (trial("whole").await, trial("killed").await);
    let mut resumed = 0;
    for load in &LOADS {
        let spans = whole.import_at_a_stretch(load);
        for kill in 0..KILLS {
            let span = if kill % AT_ANY_TIME == 0 { spans.all } else { spans.writing };
            killed.import_and_kill(load, kill % AT_ANY_TIME != 0, chance.shorter_than(span));
            killed.place.verify();
        }
        let report = killed.import(load);
        assert_eq!(report["rejected"], 0, "{report}");
        let outcomes =
            ["accepted", "changed", "unchanged"].map(|one| report[one].as_u64().unwrap());
        assert_eq!(usize::try_from(outcomes.iter().sum::<u64>()).unwrap(), load.rows, "{report}");
        resumed += outcomes[2];
    }
    assert!(resumed > 0, "no kill came in the middle");
    killed.place.verify();
    let (whole_tables, killed_tables) = (whole.export(), killed.export());
    assert!(whole_tables["F.VS.csv"].lines().count() > SUBJECTS * EVENTS);
    for (name, whole) in &whole_tables {
        let differs = whole.lines().zip(killed_tables[name].lines()).find(|(one, two)| one != two);
        assert_eq!(differs, None, "{name}");
        assert_eq!(whole.len(), killed_tables[name].len(), "{name}");
    }
    let again = killed.import(&LOADS[1]);
    assert_eq!(
        (again["values"].as_u64(), again["accepted"].as_u64()),
        (Some(0), Some(0)),
        "{again}"
    );
}

struct Trial {
    place: Place,
    files: PathBuf,
}

/// How long an import takes, and how long it writes.
struct Spans {
    all: Duration,
    writing: Duration,
}

impl Trial {
    fn words(&self, load: &Load) -> Vec<String> {
        let file = |kind| self.files.join(format!("{}.{kind}", load.name)).display().to_string();
        let words =
            ["import", &file("csv"), "--mapping", &file("toml"), "--study", STUDY, "--json"];
        words.map(ToOwned::to_owned).to_vec()
    }

    /// Runs an import to its end; its report.
    fn import(&self, load: &Load) -> Value {
        let words = self.words(load);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        serde_json::from_str(&self.place.succeed(&words)).unwrap()
    }

    fn import_at_a_stretch(&self, load: &Load) -> Spans {
        let started = Instant::now();
        let mut child = self.start(load);
        self.await_first_write(&mut child, self.log_bytes());
        let writing = Instant::now();
        assert!(child.wait().unwrap().success());
        Spans { all: started.elapsed(), writing: writing.elapsed() }
    }

    /// Starts an import and kills it so long after its start, or after it has begun to write.
    fn import_and_kill(&self, load: &Load, once_it_writes: bool, after: Duration) {
        let before = self.log_bytes();
        let mut child = self.start(load);
        if once_it_writes {
            self.await_first_write(&mut child, before);
        }
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn start(&self, load: &Load) -> Child {
        let words = self.words(load);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.place.command(&words);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Returns when the write-ahead log grows, or when there is nothing left to write.
    fn await_first_write(&self, child: &mut Child, before: u64) {
        while self.log_bytes() == before && child.try_wait().unwrap().is_none() {
            thread::sleep(POLL);
        }
    }

    fn log_bytes(&self) -> u64 {
        fs::metadata(self.place.data.join("casebook.db-wal")).map_or(0, |found| found.len())
    }

    /// The tables of an export, each with its text. The manifest names the time.
    fn export(&self) -> BTreeMap<String, String> {
        let out = self.place.data.with_extension("csv");
        let path = out.display().to_string();
        self.place.succeed(&["export", "--study", STUDY, "--format", "csv", "--out", &path]);
        let tables = fs::read_dir(out).unwrap().map(|file| file.unwrap().path());
        let tables = tables.filter(|file| file.extension().is_some_and(|kind| kind == "csv"));
        let read = |file: PathBuf| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(file).unwrap())
        };
        tables.map(read).collect()
    }
}

/// Two tables with their mappings: subjects to be made, and values of all their visits.
pub fn write_tables(folder: &Path) {
    let mut subjects = "SUBJECT,SITE,CONSENTED,RANDOMISED\n".to_owned();
    let names: Vec<String> = (1..=ITEMS).map(|number| format!("N{number:02}")).collect();
    let mut visits = format!("SUBJECT,VISIT,{}\n", names.join(","));
    for number in 0..SUBJECTS {
        writeln!(subjects, "{},{SITE},2026-03-01,2026-03-02", subject(number)).unwrap();
        for visit in 0..EVENTS {
            let values = (0..ITEMS).map(|item| (number * 31 + visit * 7 + item) % 90);
            let values: Vec<String> = values.map(|value| value.to_string()).collect();
            writeln!(visits, "{},{},{}", subject(number), event(visit), values.join(",")).unwrap();
        }
    }
    let items = (1..=ITEMS)
        .map(|number| format!("  {{ column = \"N{number:02}\", item = \"{}\" }},\n", item(number)));
    let visits_mapping = format!(
        "study = {{ value = \"{STUDY}\" }}\nsubject = {{ column = \"SUBJECT\" }}\n\
         event = {{ column = \"VISIT\" }}\nform = {{ value = \"{FORM}\" }}\ngroup = \"{GROUP}\"\n\
         item = [\n{}]\n",
        items.collect::<String>()
    );
    let milestone = |name: &str| {
        format!(
            "[[milestone]]\nname = \"{name}\"\n\
                 date = {{ column = \"{name}\", date = \"%Y-%m-%d\" }}\n"
        )
    };
    let subjects_mapping = format!(
        "creates = \"subjects\"\nstudy = {{ value = \"{STUDY}\" }}\n\
         subject = {{ column = \"SUBJECT\" }}\nsite = {{ column = \"SITE\" }}\n{}{}",
        milestone("CONSENTED"),
        milestone("RANDOMISED")
    );
    for (name, text) in [
        ("subjects.csv", subjects),
        ("subjects.toml", subjects_mapping),
        ("visits.csv", visits),
        ("visits.toml", visits_mapping),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}
