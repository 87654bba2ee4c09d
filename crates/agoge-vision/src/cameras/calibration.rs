//! Camera calibrations, as Pose2Sim and its relatives write them (TOML).

use crate::VisionError;
use nalgebra::{Matrix3, Rotation3, Vector3};
use std::path::Path;

/// Iterations of undoing the lens distortion; each reduces the error several times.
const UNDISTORT_ROUNDS: usize = 20;
const HINT: &str = "each camera is a section with size, matrix, distortions, rotation and translation, as Pose2Sim writes it";

/// A calibrated camera: x_camera = R · x_world + t, z away from the camera, the world's z up.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibratedCamera {
    /// Its name in the file.
    pub name: String,
    /// Width and height of its image, px.
    pub size: [f64; 2],
    /// Focal lengths and the principal point, px: fx, fy, cx, cy.
    pub focus: [f64; 4],
    /// Distortion of the lens: k₁, k₂, p₁, p₂, k₃ (Brown 1971, as OpenCV orders them).
    pub distortion: [f64; 5],
    /// R.
    pub rotation: Rotation3<f64>,
    /// t, m.
    pub translation: Vector3<f64>,
}

/// A camera's section of the file; keys of other programs are ignored.
#[derive(serde::Deserialize)]
struct CameraSection {
    name: Option<String>,
    size: [f64; 2],
    matrix: [[f64; 3]; 3],
    #[serde(default)]
    distortions: Vec<f64>,
    rotation: [f64; 3],
    translation: [f64; 3],
    #[serde(default)]
    fisheye: bool,
}

/// Reads the cameras of a calibration file, in the order of their section names.
///
/// # Errors
/// [`VisionError::Io`]; [`VisionError::Video`] if it is not a calibration, or is one of fisheye
/// lenses.
///
/// ```
/// use agoge_vision::cameras::read_cameras;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("calibration.toml");
/// std::fs::write(&path, "[left]\nsize = [1280.0, 720.0]\n\
///     matrix = [[1000.0, 0.0, 640.0], [0.0, 1000.0, 360.0], [0.0, 0.0, 1.0]]\n\
///     rotation = [0.0, 0.0, 0.0]\ntranslation = [0.0, 0.0, 4.0]\n")?;
/// let camera = &read_cameras(&path)?[0];
/// // A point 1 m to the right at a distance of 4 m: 640 + 1000 / 4.
/// assert_eq!(camera.project_point([1.0, 0.0, 0.0].into()), Some([890.0, 360.0]));
/// assert_eq!(camera.project_point([0.0, 0.0, -5.0].into()), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_cameras(path: &Path) -> Result<Vec<CalibratedCamera>, VisionError> {
    let text = std::fs::read_to_string(path).map_err(VisionError::io("read", path))?;
    let fault = |what: String| VisionError::video(path, what, HINT);
    let first_line =
        |error: toml::de::Error| error.message().lines().next().unwrap_or_default().to_owned();
    let table: toml::Table =
        text.parse().map_err(|error| fault(format!("not a calibration: {}", first_line(error))))?;
    let sections = table.into_iter().filter(|(name, value)| name != "metadata" && value.is_table());
    let cameras: Vec<CalibratedCamera> = sections
        .map(|(name, value)| {
            let section: CameraSection = value
                .try_into()
                .map_err(|error| fault(format!("camera {name:?}: {}", first_line(error))))?;
            camera_from_section(&name, section)
                .map_err(|what| fault(format!("camera {name:?}: {what}")))
        })
        .collect::<Result<_, VisionError>>()?;
    if cameras.is_empty() { Err(fault("no camera in it".to_owned())) } else { Ok(cameras) }
}

fn camera_from_section(
    name: &str,
    section: CameraSection,
) -> Result<CalibratedCamera, &'static str> {
    let [[fx, _, cx], [_, fy, cy], _] = section.matrix;
    let mut distortion = [0.0; 5];
    distortion
        .iter_mut()
        .zip(&section.distortions)
        .for_each(|(coefficient, given)| *coefficient = *given);
    let numbers = [section.rotation, section.translation].concat();
    if numbers.iter().chain(&distortion).chain(&[fx, fy, cx, cy]).any(|v| !v.is_finite())
        || fx <= 0.0
        || fy <= 0.0
    {
        return Err("its numbers are no camera's");
    }
    if section.fisheye {
        return Err("a fisheye lens, which is not known here");
    }
    Ok(CalibratedCamera {
        name: section.name.unwrap_or_else(|| name.to_owned()),
        size: section.size,
        focus: [fx, fy, cx, cy],
        distortion,
        rotation: Rotation3::new(Vector3::from(section.rotation)),
        translation: Vector3::from(section.translation),
    })
}

impl CalibratedCamera {
    /// Projects a point of the world, m, to px from the upper left corner; `None` behind the
    /// camera.
    pub fn project_point(&self, point: Vector3<f64>) -> Option<[f64; 2]> {
        let seen = self.rotation * point + self.translation;
        let [x, y] = self.distort_point([seen.x / seen.z, seen.y / seen.z]);
        let [fx, fy, cx, cy] = self.focus;
        (seen.z > 0.0).then_some([fx * x + cx, fy * y + cy])
    }

    /// The direction (x, y, 1) of a pixel, with the lens distortion undone iteratively.
    pub(super) fn pixel_direction(&self, [u, v]: [f64; 2]) -> [f64; 2] {
        let [fx, fy, cx, cy] = self.focus;
        let seen = [(u - cx) / fx, (v - cy) / fy];
        (0..UNDISTORT_ROUNDS).fold(seen, |at, _| {
            let off = self.distort_point(at);
            [at[0] + seen[0] - off[0], at[1] + seen[1] - off[1]]
        })
    }

    fn distort_point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [k1, k2, p1, p2, k3] = self.distortion;
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        [
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ]
    }

    /// R and t.
    pub(super) fn rotation_and_translation(&self) -> (Matrix3<f64>, Vector3<f64>) {
        (*self.rotation.matrix(), self.translation)
    }
}

/// Assigns each video the camera whose name is in the video's name, or, if that fails, the cameras
/// in their order.
///
/// # Errors
/// [`VisionError::Video`] if a video has no camera.
pub fn assign_cameras(
    cameras: &[CalibratedCamera],
    videos: &[&Path],
    calibration: &Path,
) -> Result<Vec<CalibratedCamera>, VisionError> {
    let named = |video: &&Path| {
        let stem = video.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        cameras
            .iter()
            .filter(|camera| stem.contains(&camera.name.to_lowercase()))
            .max_by_key(|camera| camera.name.len())
    };
    let by_name: Option<Vec<CalibratedCamera>> =
        videos.iter().map(|video| named(video).cloned()).collect();
    let doubled = by_name.iter().flatten().enumerate().find(|(index, camera)| {
        by_name.iter().flatten().take(*index).any(|other| other.name == camera.name)
    });
    if let Some((_, camera)) = doubled {
        let what = format!("two videos are named after camera {:?}", camera.name);
        return Err(VisionError::video(calibration, what, "give one video of each camera"));
    }
    match by_name {
        Some(cameras) => Ok(cameras),
        None if cameras.len() == videos.len() => Ok(cameras.to_vec()),
        None => {
            let what = format!("{} cameras for {} videos", cameras.len(), videos.len());
            Err(VisionError::video(
                calibration,
                what,
                "give a video of each camera, or name videos after their cameras",
            ))
        }
    }
}
