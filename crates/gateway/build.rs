//! Builds the web workspace, where Node is there, so that the program carries it.
//!
//! Without Node, or with `CASEBOOK_SKIP_WEB` set, the program is built all the same and shows a plain
//! page instead.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// What the build of the pages reads.
const SOURCES: [&str; 7] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tsconfig.json",
];
/// The oldest versions of Node with which Vite works: of the line 20, and from the line 22 on.
const NODE_20: (u32, u32) = (20, 19);
const NODE_22: (u32, u32) = (22, 12);

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=CASEBOOK_SKIP_WEB");
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let web = here.join("../../web");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("web");
    fs::create_dir_all(&out)?;
    for source in SOURCES {
        println!("cargo:rerun-if-changed={}", web.join(source).display());
    }
    if env::var_os("CASEBOOK_SKIP_WEB").is_some() {
        return without("CASEBOOK_SKIP_WEB is set", &out);
    }
    if let Err(why) = node_fits() {
        return without(&why, &out);
    }
    // One build at a time in this folder, whichever programs ask for it.
    let lock = fs::File::create(web.join(".build-lock"))?;
    lock.lock()?;
    if !installed(&web)? {
        return without("the packages could not be installed (`npm ci`)", &out);
    }
    let built =
        npm(&web).args(["run", "build", "--", "--emptyOutDir", "--outDir"]).arg(&out).status()?;
    if built.success() {
        return Ok(());
    }
    Err(io::Error::other("the web workspace does not build; CASEBOOK_SKIP_WEB=1 leaves it out"))
}

/// Says politely that the program will have no web workspace.
fn without(why: &str, out: &Path) -> io::Result<()> {
    println!("cargo:warning=the web workspace is left out: {why}");
    fs::remove_dir_all(out)?;
    fs::create_dir_all(out)
}

fn node_fits() -> Result<(), String> {
    let asked = Command::new("node").args(["-p", "process.versions.node"]).output();
    let asked = asked.map_err(|_| "node was not found".to_owned())?;
    let version = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let fits = if found.0 == NODE_20.0 { found >= NODE_20 } else { found >= NODE_22 };
    if fits { Ok(()) } else { Err(format!("node {version} is too old; it takes 20.19 or 22.12")) }
}

/// Installs the packages of the lock file, unless they are there.
fn installed(web: &Path) -> io::Result<bool> {
    let lock = fs::read(web.join("package-lock.json"))?;
    let stamp = web.join("node_modules/.installed-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(true);
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    if !npm(web).args(arguments).status()?.success() {
        return Ok(false);
    }
    fs::write(stamp, lock)?;
    Ok(true)
}

fn npm(web: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    // What npm says must not be read as instructions to cargo.
    command.current_dir(web).stdout(io::stderr());
    command
}
