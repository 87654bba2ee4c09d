//! `agoge model show|export|import`

use super::train::{write_file, write_model};
use super::{print_json, print_text};
use crate::args::{GlobalArgs, ModelCommand};
use crate::outcome::{CommandError, Exit};
use agoge::model::token::{CHANNELS, PARTS, SENSOR_CHANNELS, TIMES};
use agoge::model::{Model, weights};
use agoge_train::export;
use std::fmt::Write as _;
use std::path::Path;

/// Runs the chosen action.
pub(crate) fn run_model(
    args: &crate::args::ModelArgs,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    match &args.command {
        ModelCommand::Show { file } => show_model(file, shared),
        ModelCommand::Export { file, onnx, check, seed } => {
            let model = agoge::load_model(file)?;
            let mut written = Vec::new();
            if let Some(out) = onnx {
                write_file(out, export::encode_onnx(&model))?;
                written.push(out);
            }
            if let Some(out) = check {
                write_file(out, export::reference_outputs(&model, *seed))?;
                written.push(out);
            }
            if shared.json {
                print_json(&written)?;
            } else if !shared.quiet {
                let lines: String =
                    written.iter().map(|out| format!("{}\n", out.display())).collect();
                print_text(&lines)?;
            }
            Ok(Exit::Done)
        }
        ModelCommand::Import { file, map, out } => {
            let imported = agoge_lab::learn::import_model(file, map)?;
            write_model(out, &imported.model)?;
            if shared.json {
                let parameters = imported.model.parameter_count();
                print_json(
                    &serde_json::json!({ "weights": out, "parameters": parameters, "unused": imported.unused }),
                )?;
            } else if !shared.quiet {
                let mut text =
                    format!("{}: {} parameters\n", out.display(), imported.model.parameter_count());
                if !imported.unused.is_empty() {
                    let _ = writeln!(text, "not used: {}", imported.unused.join(", "));
                }
                print_text(&text)?;
            }
            Ok(Exit::Done)
        }
    }
}

fn show_model(file: &Path, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let model = agoge::load_model(file)?;
    if shared.json {
        let tensors: Vec<_> = model
            .tensor_layout()
            .into_iter()
            .map(|(path, shape)| serde_json::json!({ "path": path, "shape": shape }))
            .collect();
        print_json(&serde_json::json!({
            "file": file,
            "version": weights::VERSION,
            "card": model.card(),
            "size": model.size(),
            "parameters": model.parameter_count(),
            "input": { "times": TIMES, "parts": PARTS.len(), "channels": CHANNELS, "sensor": SENSOR_CHANNELS },
            "tensors": tensors,
        }))?;
    } else {
        print_text(&model_description(&model))?;
    }
    Ok(Exit::Done)
}

/// Describes a model: card, sizes, what its heads know, tensors.
fn model_description(model: &Model) -> String {
    let (card, size) = (model.card(), model.size());
    let stated =
        |text: &str| if text.is_empty() { "not stated".to_owned() } else { text.to_owned() };
    let calibration = match card.calibration.points.as_slice() {
        [] => "not measured: what its readings are worth is not known".to_owned(),
        points => format!("{} classes of readings, measured on athletes left out", points.len()),
    };
    let sensor = if card.sensor {
        format!(", and a sensor × {SENSOR_CHANNELS} channels")
    } else {
        "; no sensor".to_owned()
    };
    let reach = match card.reach.iter().filter(|reach| **reach > 0.0).count() {
        0 => "not measured: no movement is recognised with it".to_owned(),
        measured => format!("measured for {measured} of {} movements", card.movements.len()),
    };
    let lines = [
        ("name", stated(&card.name)),
        ("data", stated(&card.data)),
        ("protocol", stated(&card.protocol)),
        ("limits", stated(&card.limits)),
        ("licence", stated(&card.licence)),
        (
            "sizes",
            format!(
                "width {}, {} heads, {} blocks, feed-forward {}",
                size.width, size.heads, size.blocks, size.feed_forward
            ),
        ),
        (
            "input",
            format!("{TIMES} instants × {} parts × {CHANNELS} channels{sensor}", PARTS.len()),
        ),
        ("parameters", model.parameter_count().to_string()),
        ("movements", card.movements.join(", ")),
        ("quality", calibration),
        ("reach", reach),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:11} {value}");
    }
    let mut list = |title: &str, rows: Vec<(&str, String)>| {
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let _ = writeln!(text, "\n{title}");
        for (name, value) in rows {
            let _ = writeln!(text, "  {name:width$}  {value}");
        }
    };
    if !card.figures.is_empty() {
        list(
            "figures",
            card.figures
                .iter()
                .map(|(name, value)| (name.as_str(), format!("{value:.3}")))
                .collect(),
        );
    }
    let tensors = model.tensor_layout();
    list(
        "tensors",
        tensors.iter().map(|(path, shape)| (path.as_str(), format!("{shape:?}"))).collect(),
    );
    text
}
