//! Some thousand mutations of the seeds through every target, the same ones each time.

mod mutator;

#[cfg(test)]
mod tests {
    use crate::mutator::Mutator;
    use std::{env, fs, panic, path::PathBuf};
    use targets::{TARGETS, Target};

    /// Mutations for each target, unless `CASEBOOK_FUZZ_ROUNDS` says otherwise.
    const ROUNDS: u64 = 20_000;

    fn fuzz_folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    /// The seeds of a target, sorted by name.
    fn seeds(target: &Target) -> Vec<Vec<u8>> {
        let folder = fuzz_folder().join("seeds").join(target.name);
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    fn target(name: &str) -> Target {
        *TARGETS.iter().find(|target| target.name == name).unwrap()
    }

    /// Runs one target; an input that makes it panic is kept in a file, which the failure names.
    fn campaign(name: &str) {
        let target = target(name);
        let rounds = env::var("CASEBOOK_FUZZ_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
        let mut mutator = Mutator::new(seeds(&target));
        let mut accepted = 0_u64;
        for round in 0..rounds {
            let input = mutator.next_input();
            let Ok(fits) = panic::catch_unwind(|| (target.run)(&input)) else {
                let folder = fuzz_folder().join("artifacts").join(name);
                let file = folder.join(format!("round-{round}"));
                fs::create_dir_all(folder).unwrap();
                fs::write(&file, &input).unwrap();
                panic!("round {round}: the input is kept in {}", file.display());
            };
            accepted += u64::from(fits);
        }
        assert!(accepted > 0, "no mutation was accepted: the seeds are not of this parser");
        assert!(accepted < rounds, "nothing was refused: the mutations do not reach the parser");
    }

    #[test]
    fn every_seed_is_accepted() {
        for target in TARGETS {
            let seeds = seeds(&target);
            assert!(!seeds.is_empty(), "{} has no seed", target.name);
            for (number, seed) in seeds.iter().enumerate() {
                assert!((target.run)(seed), "{}: seed {number} is refused", target.name);
            }
        }
    }

    #[test]
    fn every_target_can_be_run_by_cargo_fuzz() {
        for Target { name, .. } in TARGETS {
            let file = fuzz_folder().join("fuzz_targets").join(format!("{name}.rs"));
            let program = fs::read_to_string(file).unwrap();
            assert!(program.contains(&format!("targets::{name}(bytes)")), "{name}");
            let manifest = fs::read_to_string(fuzz_folder().join("Cargo.toml")).unwrap();
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        }
    }

    #[test]
    fn mutated_odm_metadata_keeps_its_laws() {
        campaign("odm_metadata");
    }

    #[test]
    fn mutated_odm_clinical_data_keep_their_laws() {
        campaign("odm_clinical");
    }

    #[test]
    fn mutated_usdm_keeps_its_laws() {
        campaign("usdm");
    }

    #[test]
    fn mutated_csv_keeps_its_laws() {
        campaign("csv");
    }

    #[test]
    fn mutated_xpt_keeps_its_laws() {
        campaign("xpt");
    }

    #[test]
    fn mutated_sheets_keep_their_laws() {
        campaign("workbook");
    }

    #[test]
    fn mutated_old_workbooks_keep_their_laws() {
        campaign("old_workbook");
    }

    #[test]
    fn mutated_xlsforms_keep_their_laws() {
        campaign("xlsform");
    }

    #[test]
    fn mutated_dataset_json_keeps_its_laws() {
        campaign("dataset_json");
    }

    #[test]
    fn mutated_mappings_keep_their_laws() {
        campaign("mapping");
    }

    #[test]
    fn mutated_rules_files_keep_their_laws() {
        campaign("rules_file");
    }

    #[test]
    fn mutated_expressions_keep_their_laws() {
        campaign("expression");
    }

    #[test]
    fn mutated_stored_records_keep_their_laws() {
        campaign("stored_record");
    }

    #[test]
    fn mutated_events_keep_their_laws() {
        campaign("casebook_event");
    }

    #[test]
    fn mutated_entries_keep_their_laws() {
        campaign("journal_entry");
    }

    #[test]
    fn mutated_checkpoints_keep_their_laws() {
        campaign("checkpoint");
    }
}
