//! The movement definitions that are bundled with Agoge.

use super::Movement;
use std::sync::LazyLock;

/// Name and text of every definition in `movements/`, in alphabetical order. The build script lists
/// them.
const TEXTS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/movements.rs"));

// A test parses every text, so `ok()` drops none.
static MOVEMENTS: LazyLock<Vec<Movement>> = LazyLock::new(|| {
    TEXTS.iter().filter_map(|(name, text)| Movement::parse(text, name).ok()).collect()
});

/// The bundled definitions, in alphabetical order.
pub fn bundled_movements() -> &'static [Movement] {
    &MOVEMENTS
}

/// The text, including comments, of the bundled definition with exactly this name.
pub fn bundled_text(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(movement, _)| *movement == name).map(|(_, text)| *text)
}

/// The bundled definition with this name or alias. Ignores case; spaces and hyphens count as
/// underscores.
///
/// ```
/// use agoge_kinematics::movement::find_movement;
/// assert_eq!(find_movement("Push-Up").map(|m| m.name.as_str()), Some("push_up"));
/// assert!(find_movement("moonwalk").is_none());
/// ```
pub fn find_movement(name: &str) -> Option<&'static Movement> {
    let wanted = normalise_name(name);
    let by_name = bundled_movements().iter().find(|movement| movement.name == wanted);
    by_name.or_else(|| {
        bundled_movements()
            .iter()
            .find(|movement| movement.aliases.iter().any(|alias| normalise_name(alias) == wanted))
    })
}

/// A name in lower case with underscores, for comparison.
fn normalise_name(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movement::check_definition;
    use std::collections::HashMap;

    #[test]
    fn every_definition_is_sound_and_named_as_its_file() {
        for (name, text) in TEXTS {
            let problems: Vec<String> = check_definition(text)
                .iter()
                .map(|problem| format!("{name}.toml:{problem}"))
                .collect();
            assert!(problems.is_empty(), "{}", problems.join("\n"));
            assert_eq!(
                Movement::parse(text, name).map(|movement| movement.name),
                Ok((*name).to_owned())
            );
        }
        assert_eq!(bundled_movements().len(), TEXTS.len());
    }

    #[test]
    fn every_file_in_the_folder_is_bundled() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../movements");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
            .collect();
        files.sort();
        assert_eq!(files, TEXTS.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    }

    #[test]
    fn no_name_or_alias_means_two_movements() {
        let mut owner: HashMap<String, &str> = HashMap::new();
        for movement in bundled_movements() {
            for name in std::iter::once(&movement.name).chain(&movement.aliases) {
                let before = owner.insert(normalise_name(name), &movement.name);
                assert!(
                    before.is_none_or(|other| other == movement.name),
                    "{name}: {before:?} and {}",
                    movement.name
                );
            }
        }
    }

    #[test]
    fn every_movement_can_speak() {
        for movement in bundled_movements() {
            assert!(!movement.phases.is_empty(), "{}: no phases", movement.name);
            assert!(!movement.metrics.is_empty(), "{}: no metrics", movement.name);
            // For a worn sensor, limits would depend on where it is worn.
            let by_sensor = movement
                .repetition
                .signals
                .iter()
                .any(|signal| signal.curve.starts_with("sensor_"));
            assert_eq!(movement.checks.is_empty(), by_sensor, "{}: checks", movement.name);
            assert!(!movement.sources.is_empty(), "{}: no source", movement.name);
        }
    }
}
