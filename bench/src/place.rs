//! Where things are: the repository, the built program, and what the benchmarks keep.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where the build writes.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where filled databases are kept from one run to the next.
pub fn data() -> Result<PathBuf> {
    let folder = target().join("bench-data");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The program that is measured; `build` makes it.
pub fn casebook() -> PathBuf {
    let given = env::var_os("CASEBOOK_BENCH_PROGRAM").map(PathBuf::from);
    given.unwrap_or_else(|| target().join("release").join("casebook"))
}

/// Builds the program, unless one was named.
pub fn build() -> Result<()> {
    if env::var_os("CASEBOOK_BENCH_PROGRAM").is_some() {
        return Ok(());
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--package", "casebook"])
        .current_dir(root())
        .status()
        .context("cannot run cargo")?;
    ensure!(built.success(), "the program does not build");
    Ok(())
}

/// A Python with the pinned packages of `bench/requirements.txt`.
pub fn python() -> Result<PathBuf> {
    let folder = target().join("bench-venv");
    let (python, wanted) = (folder.join("bin/python"), root().join("bench/requirements.txt"));
    let (stamp, text) = (folder.join("requirements.txt"), fs::read_to_string(&wanted)?);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
        return Ok(python);
    }
    let made = Command::new("python3").arg("-m").arg("venv").arg(&folder).status()?;
    ensure!(made.success(), "cannot make a Python environment");
    let installed = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(&wanted)
        .status()?;
    ensure!(installed.success(), "cannot install {}", wanted.display());
    fs::write(&stamp, text)?;
    Ok(python)
}

/// Removes a folder or a file if it is there.
pub fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Copies the files of a folder, not those of folders in it, into another, which is made anew.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    remove(to)?;
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            continue;
        }
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
