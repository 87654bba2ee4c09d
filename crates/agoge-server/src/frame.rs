//! What surrounds every page: its head, its navigation and its foot.

use crate::translation::PageReader;
use maud::{DOCTYPE, Markup, html};

/// Renders a page: its title, the path of its navigation entry (`here`), its scripts and its body.
pub(crate) fn render_page(
    reader: &PageReader,
    title: &str,
    here: &str,
    scripts: &[&str],
    body: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(reader.language_code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Agoge" }
                link rel="stylesheet" href="/assets/report.css";
                link rel="stylesheet" href="/assets/server.css";
                link rel="icon" href="data:,";
                @for script in scripts { script type="module" src={ "/assets/" (script) } {} }
            }
            body {
                a.skip href="#main" { (reader.say("to-content")) }
                (render_navigation(reader, here))
                header { h1 { (title) } }
                main #main { (body) }
                footer { p { (reader.say("stays-here")) } }
            }
        }
    }
}

fn render_navigation(reader: &PageReader, here: &str) -> Markup {
    html! {
        nav.site aria-label=(reader.say("site")) {
            @let links = [("/", reader.say("analyse")), ("/watch", reader.say("live")), ("/athletes", reader.say("athletes")), ("/label", reader.say("judge")), ("/models", reader.say("models"))];
            @for (path, name) in links {
                a href=(path) aria-current=[(path == here).then_some("page")] { (name) }
            }
            @if let Some((path, code, name)) = reader.other_language() { a.other href=(path) lang=(code) hreflang=(code) { (name) } }
        }
    }
}

/// Renders the navigation above a report.
pub(crate) fn report_navigation() -> Markup {
    let reader = PageReader::default();
    html! {
        link rel="stylesheet" href="/assets/server.css";
        a.skip href="#main" { (reader.say("to-content")) }
        (render_navigation(&reader, ""))
    }
}
