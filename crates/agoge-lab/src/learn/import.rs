//! Taking in a model that another program trained.

use agoge::Error;
use agoge_train::import::{self, ImportedModel, KeyMap};
use std::path::Path;

/// Imports a model from another program's safetensors file by a TOML key map
/// (docs/reference/models.md); the model is named after the file.
///
/// # Errors
/// If a file cannot be read, the map is invalid, or a parameter does not match the encoder.
pub fn import_model(file: &Path, map: &Path) -> Result<ImportedModel, Error> {
    let text = std::fs::read_to_string(map).map_err(Error::io_at(map))?;
    let map: KeyMap = toml::from_str(&text).map_err(|error| Error::KeyMap {
        path: map.to_owned(),
        what: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
    })?;
    let bytes = std::fs::read(file).map_err(Error::io_at(file))?;
    let name = file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy();
    Ok(import::import_model(&bytes, &map, &name)?)
}
