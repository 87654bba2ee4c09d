//! The trained models and norms that an analysis uses.

use crate::Error;
use crate::provenance::hash_bytes;
use agoge_analysis::PlantedResult;
use agoge_coach::explain::MovementNorm;
use agoge_model::Model;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

/// The trained models and norms that an analysis uses.
#[derive(Debug)]
pub struct Models {
    /// Recognises movements and judges their quality; without it only the limits of the movement
    /// definitions judge.
    pub model: Option<Model>,
    /// SHA-256 of the model's file in hexadecimal; none without a model or if it was never a file.
    pub model_sha256: Option<String>,
    /// How movements are usually executed, for explanations; parsed on first use.
    pub norms: LazyLock<Vec<MovementNorm>>,
    /// How each kind of explanation (by `model` or by `limits`) performed on planted faults, with
    /// its controls (docs/results/explanations.md).
    pub planted: Vec<(String, Vec<PlantedResult>)>,
}

/// The bundled weights; `models/README.md` describes them.
const BUNDLED_WEIGHTS: &[u8] = include_bytes!("../../../models/ui_prmd.safetensors");

/// Norms of correct UI-PRMD repetitions recorded by Kinect.
const BUNDLED_NORMS: &str = include_str!("../../../models/ui_prmd.norms.json");
/// Norms of the same repetitions recorded by Vicon.
const BUNDLED_MARKER_NORMS: &str = include_str!("../../../models/ui_prmd_vicon.norms.json");
/// How explanations performed on planted faults.
const BUNDLED_PLANTED: &str = include_str!("../../../models/planted.json");

/// The bundled pre-trained encoder.
const BASE_WEIGHTS: &[u8] = include_bytes!("../../../models/base.safetensors");

impl Default for Models {
    /// No model and no norms.
    fn default() -> Models {
        Models {
            model: None,
            model_sha256: None,
            norms: LazyLock::new(Vec::new),
            planted: Vec::new(),
        }
    }
}

impl Models {
    /// The bundled models.
    pub fn bundled() -> &'static Models {
        static MODELS: OnceLock<Models> = OnceLock::new();
        // A test loads the bundled weights, so a user never gets `None` here.
        MODELS.get_or_init(|| Models {
            model: Model::from_bytes(BUNDLED_WEIGHTS, "ui_prmd").ok(),
            model_sha256: Some(hash_bytes(BUNDLED_WEIGHTS)),
            ..Models::without_model()
        })
    }

    /// Loads the model of a file.
    ///
    /// # Errors
    /// If the file cannot be read or is not a model of this version.
    pub fn from_file(path: &Path) -> Result<Models, Error> {
        let bytes = read_weights(path)?;
        Ok(Models {
            model: Some(Model::from_bytes(&bytes, &path.display().to_string())?),
            model_sha256: Some(hash_bytes(&bytes)),
            ..Models::without_model()
        })
    }

    /// Everything bundled except the model: only the limits of the definitions judge.
    pub fn without_model() -> Models {
        Models {
            model: None,
            model_sha256: None,
            norms: LazyLock::new(|| {
                let parse = |text| crate::explain::parse_norms(text).unwrap_or_default();
                [parse(BUNDLED_NORMS), parse(BUNDLED_MARKER_NORMS)].concat()
            }),
            planted: serde_json::from_str(BUNDLED_PLANTED).unwrap_or_default(),
        }
    }
}

/// The bundled pre-trained encoder, as a starting point for training.
///
/// # Errors
/// None in practice: a test loads it.
pub fn bundled_base() -> Result<Model, Error> {
    Ok(Model::from_bytes(BASE_WEIGHTS, "base")?)
}

/// Loads the model of a file.
///
/// # Errors
/// As [`Models::from_file`].
pub fn load_model(path: &Path) -> Result<Model, Error> {
    Ok(Model::from_bytes(&read_weights(path)?, &path.display().to_string())?)
}

fn read_weights(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(Error::io_at(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_model_can_be_read_and_was_measured() {
        let model = Models::bundled().model.as_ref().unwrap();
        assert_eq!(bundled_base().unwrap().size().movements, 1);
        let norms = &Models::bundled().norms;
        assert!(
            model
                .card()
                .movements
                .iter()
                .all(|name| norms.iter().any(|norm| norm.movement == *name))
        );
        assert_eq!(Models::bundled().planted.len(), 2);
        assert!(
            BUNDLED_WEIGHTS.len() + BASE_WEIGHTS.len() + BUNDLED_NORMS.len() < 4 << 20,
            "all weights together stay below 4 MB"
        );
        for movement in &model.card().movements {
            assert!(
                model.card().find_figure(agoge_model::CardFigure::MovementAuc(movement)).is_some(),
                "{movement}"
            );
        }
    }
}
