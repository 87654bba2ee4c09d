//! Sentences in several languages: templates (Fluent files in `lang/`) that numbers are put into.
//! What a language lacks stays in English.

use crate::words::capital;
use agoge_motion::{Part, Side};
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

/// A language of reports.
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

/// The sentences of a language.
pub(crate) struct Sentences {
    bundle: FluentBundle<FluentResource>,
}

impl Sentences {
    pub(crate) fn of(language: Language) -> Sentences {
        let identifier: LanguageIdentifier = match language {
            Language::English => langid!("en"),
            Language::Chinese => langid!("zh-Hans"),
        };
        let mut bundle = FluentBundle::new(vec![identifier]);
        // Terminals and copied text show the marks that isolate what is put in.
        bundle.set_use_isolating(false);
        // A file with a mistake gives what is right in it; a test holds both files to be whole.
        let read = |text: &str| {
            FluentResource::try_new(text.to_owned()).unwrap_or_else(|(whole, _)| whole)
        };
        bundle.add_resource_overriding(read(ENGLISH));
        if language == Language::Chinese {
            bundle.add_resource_overriding(read(CHINESE));
        }
        Sentences { bundle }
    }

    /// A sentence with what is put into it.
    pub(crate) fn say(&self, name: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, FluentValue::from(*value));
        }
        let pattern = self.bundle.get_message(name).and_then(|message| message.value());
        let say = |pattern| {
            self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
        };
        pattern.map_or_else(|| name.to_owned(), say)
    }

    /// A joint with its side: "left knee".
    pub(crate) fn joint(&self, joint: Part) -> String {
        let plain = joint.on(Side::Left).name().trim_start_matches("left_").to_owned();
        let name = self.named("joint", &plain);
        self.sided(name, joint.side())
    }

    /// A curve with its side: "left knee flexion".
    pub(crate) fn curve(&self, curve: &str, side: Option<Side>) -> String {
        self.sided(self.named("curve", curve), side)
    }

    /// A phase by its name in the definition.
    pub(crate) fn phase(&self, phase: &str) -> String {
        self.named("phase", phase)
    }

    fn sided(&self, name: String, side: Option<Side>) -> String {
        match side {
            Some(side) => capital(&self.say(side.name(), &[("what", &name.to_lowercase())])),
            None => capital(&name),
        }
    }

    /// What the language calls something; its name with spaces where it does not say.
    fn named(&self, kind: &str, name: &str) -> String {
        let key = format!("{kind}-{name}");
        if self.bundle.has_message(&key) { self.say(&key, &[]) } else { name.replace('_', " ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let (english, chinese) =
            (Sentences::of(Language::English), Sentences::of(Language::Chinese));
        assert_eq!(english.joint(Part::LeftKnee), "Left knee");
        assert_eq!(chinese.joint(Part::LeftKnee), "左膝");
        assert_eq!(english.curve("trunk_lean", None), "Trunk lean");
        assert_eq!(chinese.curve("knee_valgus", Some(Side::Right)), "右膝内扣（额状面）");
        assert_eq!(chinese.phase("wind_up"), "wind up");
    }
}
