//! Texts in several languages, read from Fluent files. Messages that a language lacks appear in
//! English.

use crate::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;
use unic_langid::{LanguageIdentifier, langid};

/// The messages of one language.
pub struct MessageCatalog {
    bundle: FluentBundle<FluentResource>,
    ids: Vec<String>,
}

impl MessageCatalog {
    /// The messages of `language`, given the text of the English and of the Chinese Fluent file.
    /// A file with an error still provides its valid messages.
    pub fn for_language(language: Language, english: &str, chinese: &str) -> MessageCatalog {
        let identifier: LanguageIdentifier = match language {
            Language::English => langid!("en"),
            Language::Chinese => langid!("zh-Hans"),
        };
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // The marks that isolate inserted values would show up in terminals and copied text.
        bundle.set_use_isolating(false);
        let parse = |text: &str| {
            FluentResource::try_new(text.to_owned()).unwrap_or_else(|(valid, _)| valid)
        };
        let english = parse(english);
        let message_id = |entry: &Entry<&str>| match entry {
            Entry::Message(message) => Some(message.id.name.to_owned()),
            _ => None,
        };
        let ids = english.entries().filter_map(message_id).collect();
        bundle.add_resource_overriding(english);
        if language == Language::Chinese {
            bundle.add_resource_overriding(parse(chinese));
        }
        MessageCatalog { bundle, ids }
    }

    /// The ids of all messages, in the order of the English file.
    pub fn message_ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }

    /// Whether there is a message with this id.
    pub fn has_message(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// Fills a message with values, given by name. A value that is not given appears as `{$name}`,
    /// a message that does not exist as its id.
    pub fn format_message(&self, id: &str, values: &[(&str, &str)]) -> String {
        let args: FluentArgs =
            values.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect();
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        let format = |pattern| {
            self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
        };
        pattern.map_or_else(|| id.to_owned(), format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "# A comment\ncount = { $n } of { $all }\nonly = Only here\nno value\n";
    const CHINESE: &str = "count = { $all } 中 { $n }\nother = 没有英文\n";

    #[test]
    fn messages_are_filled_and_fall_back_to_english() {
        let [english, chinese] = [Language::English, Language::Chinese]
            .map(|language| MessageCatalog::for_language(language, ENGLISH, CHINESE));
        let values = [("n", "1"), ("all", "2")];
        assert_eq!(english.format_message("count", &values), "1 of 2");
        assert_eq!(chinese.format_message("count", &values), "2 中 1");
        assert_eq!(chinese.format_message("only", &[]), "Only here");
        assert_eq!(english.format_message("count", &values[..1]), "1 of {$all}");
        assert_eq!(english.format_message("missing", &[]), "missing");
        assert!(!english.has_message("other"));
        assert_eq!(chinese.message_ids().collect::<Vec<_>>(), ["count", "only"]);
    }
}
