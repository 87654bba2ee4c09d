//! The cards of the models that come with Agoge.

use crate::frame::render_page;
use crate::translation::PageReader;
use agoge::model::card::Card;
use agoge::{Models, bundled_base};
use maud::{Markup, html};

/// `/models`
pub(crate) async fn serve_models(reader: PageReader) -> Markup {
    let base = bundled_base().ok();
    let all_models = Models::bundled().model.iter().chain(&base);
    let body = html! { @for model in all_models { (render_card(&reader, model.card())) } };
    render_page(&reader, &reader.say("models-title"), "/models", &[], &body)
}

/// Renders a card: what the model was trained on and measured by, and its limits.
fn render_card(reader: &PageReader, card: &Card) -> Markup {
    let say = |id| reader.say(id);
    let known: Vec<String> = card.movements.iter().map(|name| name.replace('_', " ")).collect();
    html! {
        section {
            h2 { (card.name) }
            dl {
                dt { (say("trained-on")) } dd { (card.data) }
                @if known.len() > 1 { dt { (say("movements-known")) } dd { (known.join(", ")) } }
                dt { (say("measured")) } dd { (card.protocol) }
                dt { (say("limits")) } dd { (card.limits) }
                dt { (say("licence")) } dd { (card.licence) }
            }
            @if !card.figures.is_empty() {
                details {
                    summary { (say("figures")) }
                    div.scroll tabindex="0" { table.joints {
                        thead { tr { th scope="col" { (say("figure")) } th scope="col" { (say("value")) } } }
                        tbody { @for (name, value) in &card.figures { tr { th scope="row" { (name) } td { (format!("{value:.3}")) } } } }
                    } }
                }
            }
        }
    }
}
