//! `casebook cluster-key`: the public key of a process among others.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    assembly::make_private_folder, cli::ClusterKey, cluster::own_key, command::public_key,
    config::Config,
};

pub fn run(args: &ClusterKey) -> Result<ExitCode> {
    let config = Config::new(&args.place, None)?;
    make_private_folder(&config.data)?;
    let key = own_key(&config.cluster, &config.data)?;
    let text = public_key::text(&key.verifying_key().to_bytes());
    println!("{} = [\"{text}\"]", config.cluster.own_name());
    Ok(ExitCode::SUCCESS)
}
