//! What an analysis was made with: names and hashes.

use crate::{AnalysisOptions, Models};
use agoge_analysis::{Provenance, SourceFile};
use agoge_kinematics::Movement;
use agoge_kinematics::movement::{bundled_text, find_movement};
use sha2::{Digest, Sha256};
use std::path::Path;

/// SHA-256 of bytes, in hexadecimal.
pub(crate) fn hash_bytes(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file in hexadecimal; `None` for a folder and a file that cannot be read.
pub fn hash_file(path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher).ok()?;
    Some(to_hex(&hasher.finalize()))
}

fn to_hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of the definition of the movement `name` for options that ask for `wanted`, in
/// hexadecimal: of the file if they name one, else of the bundled definition. `None` if there is
/// none.
pub(crate) fn hash_definition(wanted: &str, name: &str) -> Option<String> {
    if wanted.ends_with(".toml") && find_movement(wanted).is_none() {
        return hash_file(wanted.as_ref());
    }
    bundled_text(name).map(|text| hash_bytes(text.as_bytes()))
}

/// What the pipeline knows of an analysis's provenance; input and command are the caller's.
pub(crate) fn describe_provenance(
    options: &AnalysisOptions,
    models: &Models,
    movement: &Movement,
) -> Provenance {
    let definition = hash_definition(&options.movement, &movement.name);
    // A path would tell where somebody keeps files.
    let options = AnalysisOptions { movement: file_name(&options.movement), ..options.clone() };
    Provenance {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        options: serde_json::to_value(&options).unwrap_or_default(),
        model: models.model.as_ref().map(|model| SourceFile {
            name: model.card().name.clone(),
            sha256: models.model_sha256.clone(),
        }),
        definition: definition
            .map(|hash| SourceFile { name: movement.name.clone(), sha256: Some(hash) }),
        input_sha256: None,
        command: None,
    }
}

/// The last component of a path on any system; other texts stay as they are.
pub fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    #[test]
    fn a_hash_is_the_textbooks() {
        // FIPS 180-2, appendix B.1.
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_bytes(b"abc"), known);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(hash_file(&path).as_deref(), Some(known));
        assert_eq!(hash_file(folder.path()), None);
    }

    #[test]
    fn an_analysis_says_what_it_was_made_with() {
        let set =
            SimulatedSet { repetitions: 2, rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) };
        let recording = set.simulate().recording;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        let text = bundled_text("squat").unwrap().to_owned() + "\n# changed\n";
        std::fs::write(&file, &text).unwrap();
        let analyze = |movement: &str, models: &Models| {
            let options = AnalysisOptions { movement: movement.to_owned(), ..Default::default() };
            analyze(&recording, None, models, &options).unwrap().analysis.provenance.unwrap()
        };
        let by_name = analyze("squat", Models::bundled());
        assert_eq!(by_name, analyze("squat", Models::bundled()));
        let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/ui_prmd.safetensors");
        assert_eq!(by_name.model.unwrap().sha256, hash_file(weights.as_ref()));
        let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/../../movements/squat.toml");
        assert_eq!(by_name.definition.unwrap().sha256, hash_file(definition.as_ref()));
        assert_eq!((by_name.input_sha256, by_name.command), (None, None));

        let by_file = analyze(&file.display().to_string(), &Models::without_model());
        assert_eq!(by_file.model, None);
        assert_eq!(by_file.options["movement"], "mine.toml");
        assert_eq!(by_file.definition.unwrap().sha256, Some(hash_bytes(text.as_bytes())));
    }
}
