//! Lists the definitions in `movements/`, so that adding a file there is enough to bundle it.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../movements");
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut list = String::from("[\n");
    for path in &files {
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let (Some(name), Some(path)) = (name, path.to_str()) else {
            return Err(format!("{}: the name is not UTF-8", path.display()).into());
        };
        writeln!(list, "    ({name:?}, include_str!({path:?})),")?;
    }
    list.push(']');
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("movements.rs"), list)?;
    Ok(())
}
