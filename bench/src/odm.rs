//! `odm`: a file of clinical data read to its end, against lxml.

use std::{env, fs, fs::File, io::BufReader, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use formats::odm::{ClinicalReader, Given};

use crate::{
    export::{SMALL, casebook_into},
    fill, place,
    process::{self, Used},
    study::EVENTS,
    table::{Table, count, median},
};

const ROUNDS: usize = 5;
const BYTES_PER_MB: f64 = 1e6;

pub async fn run() -> Result<()> {
    let records = fill::folder("records-100k", SMALL, true).await?;
    let (out, python) = (place::data()?.join("odm"), place::python()?);
    casebook_into(&records, "odm", &out)?;
    let file = only_xml(&out)?;
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let megabytes = fs::metadata(&file)?.len() as f64 / BYTES_PER_MB;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(process::run(Command::new(env::current_exe()?).arg("read-odm").arg(&file))?);
        let mut peer = Command::new(&python);
        peer.arg(place::root().join("bench/peers/lxml_odm.py"));
        theirs.push(process::run(peer.arg(&file))?);
    }
    place::remove(&out)?;
    let values = same_values(&ours, &theirs)?;
    let mut table = Table::new(
        &format!(
            "odm: {} form records, {} values, {megabytes:.0} MB of ODM 1.3.2, read to the end",
            count(f64::from(SMALL * EVENTS)),
            count(values)
        ),
        &["program", "seconds", "MB/s", "most memory MB"],
    );
    let seconds = |runs: &[Used]| median(runs.iter().map(|run| run.seconds));
    for (program, runs) in [("casebook", &ours), ("lxml iterparse", &theirs)] {
        table.row(&[
            program.to_owned(),
            format!("{:.2}", seconds(runs)),
            format!("{:.0}", megabytes / seconds(runs)),
            format!("{:.0}", median(runs.iter().map(|run| run.peak_mb))),
        ]);
    }
    table.print();
    println!("ratio {:.1}", seconds(&theirs) / seconds(&ours));
    Ok(())
}

/// Both sides must have seen the same number of values.
fn same_values(ours: &[Used], theirs: &[Used]) -> Result<f64> {
    let mut counts = ours.iter().chain(theirs).map(|used| used.output.trim());
    let first = counts.next().context("both were run")?;
    ensure!(counts.all(|count| count == first), "the two sides saw different values");
    Ok(first.parse()?)
}

fn only_xml(folder: &Path) -> Result<std::path::PathBuf> {
    let mut files = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let xml = files.find(|path| path.extension().is_some_and(|extension| extension == "xml"));
    xml.context("the export wrote an XML file")
}

/// Reads the file and prints how many values it has.
pub fn read(file: &Path) -> Result<()> {
    let input = BufReader::new(File::open(file)?);
    let mut values = 0_u64;
    for row in ClinicalReader::new(input, &file.display().to_string())? {
        let given = row?.item.map(|item| item.given);
        values += u64::from(matches!(given, Some(Given::Text(_))));
    }
    println!("{values}");
    Ok(())
}
