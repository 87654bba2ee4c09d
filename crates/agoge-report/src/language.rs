//! Sentences of reports in several languages: Fluent templates in `lang/` filled with values.

use crate::catalog::MessageCatalog;
use crate::text::capitalize_first;
use agoge_motion::{Part, Side};

/// Language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

const ENGLISH: &str = include_str!("../lang/en.ftl");
const CHINESE: &str = include_str!("../lang/zh.ftl");

/// The message templates of a language.
pub(crate) struct Sentences {
    catalog: MessageCatalog,
}

impl Sentences {
    pub(crate) fn for_language(language: Language) -> Sentences {
        Sentences { catalog: MessageCatalog::for_language(language, ENGLISH, CHINESE) }
    }

    /// Fills a message template with values.
    pub(crate) fn format_message(&self, name: &str, values: &[(&str, &str)]) -> String {
        self.catalog.format_message(name, values)
    }

    /// Name of a joint with its side: "left knee".
    pub(crate) fn joint_name(&self, joint: Part) -> String {
        let unsided = joint.on_side(Side::Left).name().trim_start_matches("left_").to_owned();
        let name = self.lookup_name("joint", &unsided);
        self.with_side(name, joint.side())
    }

    /// Name of a curve with its side: "left knee flexion".
    pub(crate) fn curve_name(&self, curve: &str, side: Option<Side>) -> String {
        self.with_side(self.lookup_name("curve", curve), side)
    }

    /// Name of a phase, given its name in the definition.
    pub(crate) fn phase_name(&self, phase: &str) -> String {
        self.lookup_name("phase", phase)
    }

    fn with_side(&self, name: String, side: Option<Side>) -> String {
        match side {
            Some(side) => capitalize_first(
                &self.format_message(side.name(), &[("what", &name.to_lowercase())]),
            ),
            None => capitalize_first(&name),
        }
    }

    /// Name of something in this language, or its key with spaces if there is none.
    fn lookup_name(&self, kind: &str, name: &str) -> String {
        let key = format!("{kind}-{name}");
        if self.catalog.has_message(&key) {
            self.format_message(&key, &[])
        } else {
            name.replace('_', " ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_bundle::FluentResource;

    #[test]
    fn both_files_are_whole_and_the_chinese_one_says_everything() {
        for text in [ENGLISH, CHINESE] {
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
        }
        let names = |text: &str| -> Vec<String> {
            text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
        };
        let chinese = names(CHINESE);
        for name in names(ENGLISH) {
            assert!(chinese.contains(&name), "{name}");
        }
    }

    #[test]
    fn joints_and_curves_have_names_in_both() {
        let (english, chinese) = (
            Sentences::for_language(Language::English),
            Sentences::for_language(Language::Chinese),
        );
        assert_eq!(english.joint_name(Part::LeftKnee), "Left knee");
        assert_eq!(chinese.joint_name(Part::LeftKnee), "左膝");
        assert_eq!(english.curve_name("trunk_lean", None), "Trunk lean");
        assert_eq!(chinese.curve_name("knee_valgus", Some(Side::Right)), "右膝内扣（额状面）");
        assert_eq!(chinese.phase_name("wind_up"), "wind up");
    }
}
