//! `agoge evaluate PROTOCOL`

use super::{print_json, print_text};
use crate::args::{EvaluateArgs, GlobalArgs};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::formats::dataset::Dataset;
use agoge::model::methods::LearningMethod;
use agoge_lab::evaluate::{
    Evaluation, FewShotEvaluation, FewerClips, Fold, RecognitionEvaluation, ShotMeasure,
};
use agoge_lab::learn::{
    self, ClipSet, FoldFile, LimitsAndNorms, NamesResult, PersonMean, PlantedRealEvaluation,
    PlantedRealOptions, Protocol, ProtocolResult,
};
use agoge_train::TrainingConfig;
use std::path::Path;

/// Measures how well a method does on athletes it was not trained on.
pub(crate) fn run_evaluate(args: &EvaluateArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let protocol = Protocol::from_name(&args.protocol);
    if let Some(option) = args.ignored_option(protocol.is_few_shot()) {
        return Err(CommandError::IgnoredOption { option, protocol: args.protocol.clone() });
    }
    if args.protocol == "planted" {
        return evaluate_planted(args, shared);
    }
    if args.protocol == "planted-real" {
        return evaluate_planted_real(args, shared);
    }
    if args.protocol == "ui-prmd-faults" {
        return evaluate_described(args, shared);
    }
    if args.protocol == "names" {
        return evaluate_names(args, shared);
    }
    if args.protocol == "keraal" {
        return evaluate_angles(args, shared);
    }
    if args.protocol == "errors" {
        return evaluate_sensors(args, shared);
    }
    let base = super::train::load_base(args.base.as_deref())?;
    let mut clips = protocol.load_clips(args.data_folder())?;
    if let Some(count) = args.chain {
        clips = clips.chain_repetitions(count);
    }
    if args.labels {
        return super::label::measure_suggestions(&clips, args.seeds.unwrap_or(1), shared);
    }
    let share = args.share.unwrap_or(1.0);
    // Training on a share of the labels takes as many steps as training on all of them.
    let learned = (share * clips.training_count() as f64).ceil() as usize;
    let config = TrainingConfig {
        pairs: args.pairs.unwrap_or(0.0),
        ..super::train::training_config(1, args.epochs, learned)
    };
    let outcome = if protocol.is_few_shot() {
        let base = base.map_or_else(agoge::bundled_base, Ok)?;
        let bar = progress::progress_bar(0, "steps", shared);
        let outcome = learn::evaluate_few_shot(
            &protocol,
            &clips,
            &base,
            &config,
            args.method_name(),
            args.draws.unwrap_or(20),
            &mut |done, of| progress::update_bar(&bar, done, of),
        )?;
        bar.finish_and_clear();
        outcome
    } else {
        let method = learn::build_method(args.method_name(), &config, base.as_ref())?;
        let method = FewerClips { method: method.as_ref(), share };
        evaluate_with_progress(
            &clips,
            &method,
            args.sets,
            args.seeds.unwrap_or(1),
            args.keep.as_deref(),
            shared,
        )?
    };
    if shared.json {
        print_json(&outcome)?;
    } else {
        print_text(&match &outcome {
            ProtocolResult::Quality(evaluation) => quality_table(evaluation),
            ProtocolResult::Recognition(recognised) => recognition_table(recognised),
            ProtocolResult::Shots(shots) => few_clips_table(shots),
        })?;
    }
    Ok(Exit::Done)
}

/// Evaluates wrong names, right names and `auto` by the gates of the movements.
fn evaluate_names(args: &EvaluateArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let bar = progress::progress_bar(0, "recordings", shared);
    let results = learn::evaluate_names(args.data_folder(), &|done, of| {
        progress::update_bar(&bar, done, of)
    })?;
    bar.finish_and_clear();
    if shared.json {
        print_json(&results)?;
        return Ok(Exit::Done);
    }
    let parts = [
        ("Athletes that the gates were chosen on", &results.chosen_on),
        ("Other athletes", &results.held_out),
    ];
    let mut text = String::new();
    for (title, result) in parts {
        text += &names_table(title, result);
    }
    print_text(&text)?;
    Ok(Exit::Done)
}

/// The results of some athletes as text.
fn names_table(title: &str, result: &NamesResult) -> String {
    let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    let [named, everyday] = result.everyday;
    let [twin_verdicts, twins] = result.twins;
    let mut text = format!(
        "{title}\n\nwrong names: {} of {} get a verdict ({:.1} %), of the {} in which the name finds a repetition {:.1} %\nnames of twins: {twin_verdicts} of {twins} get a verdict\n",
        result.wrong_judged,
        result.wrong_names,
        percent(result.wrong_judged, result.wrong_names),
        result.wrong_found,
        percent(result.wrong_judged, result.wrong_found),
    );
    let mut confused: Vec<_> = result.confused.iter().filter(|row| row.2 > 0).collect();
    confused.sort_by_key(|row| std::cmp::Reverse(row.2));
    for (what, name, judged, of) in confused {
        text += &format!("  {what} as {name}: {judged} of {of}\n");
    }
    for (group, refused, of) in &result.refused {
        let share = percent(*refused, *of);
        text += &format!("right name refused, {group}: {refused} of {of} ({share:.1} %)\n");
    }
    for (what, count) in &result.refused_movements {
        text += &format!("  {what}: {count}\n");
    }
    for (group, [right, none, wrong]) in &result.auto_sets {
        text += &format!("auto, {group}: {right} right, {none} not named, {wrong} wrong\n");
    }
    text += &format!("auto, everyday actions: {named} of {everyday} named\n");
    for (what, name) in &result.everyday_named {
        text += &format!("  {what} as {name}\n");
    }
    text + "\n"
}

/// Evaluates explanations on simulated sets with planted faults.
fn evaluate_planted(args: &EvaluateArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let bar = progress::progress_bar(0, "sets", shared);
    let results = learn::evaluate_planted(
        args.seeds.unwrap_or(1),
        args.method_name() == "attention",
        &|done, of| progress::update_bar(&bar, done, of),
    )?;
    bar.finish_and_clear();
    if shared.json {
        print_json(&results)?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "{} simulated athletes with each kind of fault; how often the first change shown names its joint and phase\n\n{:18} {:>6} {:>18}   instead\n",
        results.seeds, "fault", "hit", "with repetitions"
    );
    for kind in &results.kinds {
        text += &format!(
            "{:18} {:>6.3} {:>18.3}   {}\n",
            kind.kind, kind.hit, kind.with_repetitions, kind.instead
        );
    }
    text += &format!(
        "{:18} {:>6.3} {:>18.3}   ± {:.3}\n",
        "all", results.hit.0, results.hit_with_repetitions, results.hit.1
    );
    text += &format!(
        "\nthe same when recorded anew: {:.3}\nclean sets in which something is shown: {:.3}; in which a gain is: {:.3}\n\nmethods, where all of them were asked:\n",
        results.stable, results.false_findings, results.false_gains
    );
    results
        .methods
        .iter()
        .for_each(|method| text += &format!("{:44} {:.3}\n", method.method, method.hit));
    print_text(&text)?;
    Ok(Exit::Done)
}

/// Evaluates findings, explanations and scores on real repetitions with planted faults.
fn evaluate_planted_real(args: &EvaluateArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let bar = progress::progress_bar(0, "sets", shared);
    let options = PlantedRealOptions {
        athletes: args.athletes.clone(),
        movements: args.movements.clone(),
        seeds: args.seeds.unwrap_or(3),
        own_only: args.own_only,
        keep: args.keep.clone(),
    };
    let results = learn::evaluate_planted_real(
        &[Dataset::UiPrmdKinect, Dataset::UiPrmdVicon],
        args.data_folder(),
        &options,
        &LimitsAndNorms,
        &|done, of| progress::update_bar(&bar, done, of),
    )?;
    bar.finish_and_clear();
    if shared.json {
        print_json(&results)?;
    } else {
        print_text(&planted_real_text(&results))?;
    }
    Ok(Exit::Done)
}

/// A mean over persons with its interval.
fn person_cell(mean: &PersonMean) -> String {
    match (mean.value.is_finite(), mean.half_width.is_finite()) {
        (true, true) => format!("{:.3} ± {:.3}", mean.value, mean.half_width),
        (true, false) => format!("{:.3}", mean.value),
        _ => "–".to_owned(),
    }
}

/// The results with planted faults in real repetitions as text.
fn planted_real_text(results: &PlantedRealEvaluation) -> String {
    let mut text = String::new();
    for sensor in &results.sensors {
        text += &format!(
            "{}: {} correct sets, {} with a planted fault, {} seed(s); mean over athletes ± 95 % interval\n\n",
            sensor.sensor, sensor.sets[0], sensor.sets[1], results.seeds
        );
        for (name, value) in &sensor.figures {
            text += &format!("  {name:50} {}\n", person_cell(value));
        }
        let head = ["finding", "beside others", "beside own"];
        text += &format!(
            "\n  {:24} {:>5}  {:>15} {:>15} {:>15}\n",
            "fault named", "sets", head[0], head[1], head[2]
        );
        for (kind, sets, hits) in &sensor.kinds {
            let [finding, others, own] = [0, 1, 2].map(|which: usize| person_cell(&hits[which]));
            text += &format!("  {kind:24} {sets:>5}  {finding:>15} {others:>15} {own:>15}\n");
        }
        text += "\n  by movement; the last three: something is said of the clean set\n";
        for (movement, sets, hits, clean) in &sensor.movements {
            text += &format!("  {movement:24} {sets:>5}  ");
            hits.iter().chain(clean).for_each(|mean| text += &format!("{:>8.3}", mean.value));
            text += "\n";
        }
        text += "\n  named instead beside own repetitions\n";
        for (kind, place, times) in &sensor.instead {
            text += &format!("  {kind:24} {place:30} {times:>5}\n");
        }
        text += "\n";
    }
    text
}

/// Evaluates explanations on repetitions whose faults are described in the data set.
fn evaluate_described(args: &EvaluateArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let bar = progress::progress_bar(0, "repetitions", shared);
    let show_progress = |done, of| progress::update_bar(&bar, done, of);
    let results = learn::evaluate_described(
        Dataset::UiPrmdKinect,
        &args.data_folder().join("ui-prmd"),
        &show_progress,
    )?;
    bar.finish_and_clear();
    if shared.json {
        print_json(&results)?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "First finding on repetitions of an athlete whom the norm does not know\n\n{:20} {:>5} {:>9} {:>7} {:>7} {:>11}   not described\n",
        "movement", "clips", "described", "chance", "shown", "on correct"
    );
    for row in &results.movements {
        text += &format!(
            "{:20} {:>5} {:>9.3} {:>7.3} {:>7.3} {:>11.3}   {}\n",
            row.movement,
            row.repetitions,
            row.hit,
            row.chance,
            row.shown,
            row.shown_on_correct,
            row.instead
        );
    }
    text += &format!(
        "{:20} {:>5} {:>9.3} {:>7.3}         {:>11.3}   where shown {:.3}\n",
        "mean", "", results.hit, results.chance, results.shown_on_correct, results.hit_where_shown
    );
    text += "\nsub-scores, AUC of correct against incorrect:\n";
    results.aspects.iter().for_each(|(name, auc)| text += &format!("  {name:12} {auc:.3}\n"));
    print_text(&text)?;
    Ok(Exit::Done)
}

/// Compares angles from cameras with those from markers.
fn evaluate_angles(args: &EvaluateArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let results = learn::measure_agreement(&args.data_folder().join("keraal"))?;
    if shared.json {
        print_json(&results)?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "Angles of {} trials beside those from markers, degrees, clocks laid on each other\n\n{:26} {:20} {:9} {:>6} {:>6} {:>6} {:>15}\n",
        results.trials, "", "", "frames", "n", "moves", "RMSE", "without offset"
    );
    for row in &results.rows {
        text += &format!(
            "{:26} {:20} {:9} {:>6} {:>6.1} {:>6.1} {:>15.1}\n",
            row.sensor,
            row.curve,
            row.frames,
            row.n,
            row.moves_deg,
            row.rmse_deg,
            row.rmse_without_offset_deg
        );
    }
    print_text(&text)?;
    Ok(Exit::Done)
}

/// Measures the errors of the sensors and how often findings by them are true.
fn evaluate_sensors(args: &EvaluateArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let bar = progress::progress_bar(0, "steps", shared);
    let results = learn::evaluate_errors(args.data_folder(), &|done, of| {
        progress::update_bar(&bar, done, of);
    })?;
    bar.finish_and_clear();
    if let Some(path) = &args.keep {
        learn::write_tables(path, &results.tables)?;
    }
    if shared.json {
        print_json(&results)?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "{} errors, {} populations\n\nWithin the stated 95 % of both sensors, athletes left out\n\n{:20} {:>6} {:>6} {:>6}\n",
        results.tables.errors.len(),
        results.tables.populations.len(),
        "movement",
        "values",
        "all",
        "angles"
    );
    for row in &results.coverage {
        text +=
            &format!("{:20} {:>6} {:>6.3} {:>6.3}\n", row.movement, row.n, row.share, row.angles);
    }
    text += &format!(
        "\nWhat is told of sets of athletes left out\n\n{:32} {:>9} {:>5} {:>6} {:>6} {:>8} {:>12}\n",
        "", "done", "sets", "any", "high", "fitting", "fitting high"
    );
    for row in &results.sets {
        let done = if row.is_correct { "correctly" } else { "wrongly" };
        text += &format!(
            "{:32} {:>9} {:>5} {:>6.3} {:>6.3} {:>8.3} {:>12.3}\n",
            row.sensor.class_title(),
            done,
            row.sets,
            row.any,
            row.high,
            row.fitting,
            row.fitting_high
        );
    }
    text += "\nFindings that are true, by their certainty\n\n";
    for row in &results.certainty {
        let name = format!("{:?}", row.certainty).to_lowercase();
        text += &format!("{name:10} {:>5} {:>6.3}\n", row.findings, row.is_true);
    }
    print_text(&text)?;
    Ok(Exit::Done)
}

/// Evaluates a method with a progress bar, continuing from the results in `keep`.
pub(crate) fn evaluate_with_progress(
    clips: &ClipSet,
    method: &dyn LearningMethod,
    sets: bool,
    seeds: u64,
    keep: Option<&Path>,
    shared: &GlobalArgs,
) -> Result<ProtocolResult, CommandError> {
    let mut folds = FoldFile::open_or_create(keep)?;
    let bar = progress::progress_bar(0, "trainings", shared);
    let earlier = folds.take_earlier();
    let outcome = learn::evaluate_method(
        clips,
        method,
        sets,
        seeds,
        earlier,
        &mut |fold: &Fold, done, of| {
            progress::update_bar(&bar, done, of);
            folds.append_fold(fold)
        },
    )?;
    bar.finish_and_clear();
    Ok(outcome)
}

/// Mean and standard deviation over the seeds; a dash where nothing was measured.
pub(crate) fn mean_sd_cell((mean, sd): (f64, f64)) -> String {
    if mean.is_finite() { format!("{mean:.3} ± {sd:.3}") } else { "–".to_owned() }
}

/// The results for quality as a table.
pub(crate) fn quality_table(evaluation: &Evaluation) -> String {
    let in_set = evaluation.in_set.as_ref();
    let mut text = format!(
        "Each of {} athletes left out once, {} seed(s); mean ± SD over the seeds\n\n",
        evaluation.athletes, evaluation.seeds
    );
    let mut row = |name: &str, clips: &str, cells: [String; 5]| {
        text += &format!("{name:22} {clips:>5}");
        let columns = if in_set.is_some() { 5 } else { 3 };
        cells.iter().take(columns).for_each(|cell| text += &format!("  {cell:>13}"));
        text += "\n";
    };
    row(
        "movement",
        "clips",
        ["AUC", "AUC within", "accuracy", "AUC in set", "accuracy so"].map(str::to_owned),
    );
    for movement in &evaluation.movements {
        let cells = [
            movement.auc,
            movement.auc_within,
            movement.accuracy,
            movement.auc_in_set,
            movement.accuracy_in_set,
        ];
        row(&movement.movement, &movement.clips.to_string(), cells.map(mean_sd_cell));
    }
    let none = (f64::NAN, f64::NAN);
    let means_in_set = in_set.map_or([none; 2], |in_set| [in_set.auc, in_set.accuracy]);
    let means = [
        evaluation.auc,
        evaluation.auc_within,
        evaluation.accuracy,
        means_in_set[0],
        means_in_set[1],
    ];
    row("mean", "", means.map(mean_sd_cell));
    text += &format!("\nmovement recognised: {}\n", mean_sd_cell(evaluation.recognition));
    if let Some(in_set) = in_set {
        text += &format!(
            "\nIn set: each repetition beside the athlete's others of the movement, without their labels.\n\
             90 % intervals of the score hold {:.1} ± {:.1} % of an athlete's labels; mean width {:.0} of 100.\n\
             Accuracy by the share of correct repetitions in a set of ten:",
            100.0 * in_set.coverage.0,
            100.0 * in_set.coverage.1,
            in_set.width
        );
        in_set.accuracy_by_share.iter().for_each(|(share, accuracy)| {
            text += &format!("  {:.0} %: {accuracy:.3}", 100.0 * share)
        });
        text += "\n";
    }
    text
}

/// The results for recognition as a table.
fn recognition_table(recognised: &RecognitionEvaluation) -> String {
    let RecognitionEvaluation { learned, judged, movements, seeds, .. } = recognised;
    let mut text = format!(
        "{movements} movements, {learned} clips learned from, {judged} of other athletes judged, {seeds} seed(s); mean ± SD\n\n{:22} {:22} {:>13} {:>11}\n",
        "trained on", "tested on", "recognised", "parameters"
    );
    for row in &recognised.senses {
        let name = |senses| format!("{senses:?}").to_lowercase();
        text += &format!(
            "{:22} {:22} {:>13} {:>11}\n",
            name(row.trained),
            name(row.tested),
            mean_sd_cell(row.accuracy),
            row.parameters
        );
    }
    text += "\ntaken for each other most:\n";
    recognised
        .confused
        .iter()
        .for_each(|(is, taken, times)| text += &format!("  {is} for {taken}: {times}\n"));
    text
}

/// The results for few clips as a table.
fn few_clips_table(shots: &FewShotEvaluation) -> String {
    let measure = match shots.measure {
        ShotMeasure::Auc => "AUC of quality",
        ShotMeasure::Recognised => "share recognised",
    };
    let mut text = format!(
        "{measure}; mean ± SD over {} draws\n\n{:22} {:>6} {:>6}",
        shots.draws, "", "clips", "judged"
    );
    shots.methods.iter().for_each(|name| text += &format!("  {name:>13}"));
    text += "\n";
    for row in &shots.rows {
        let name = if row.of.is_empty() { "mean" } else { &row.of };
        let judged = if row.judged > 0 { row.judged.to_string() } else { String::new() };
        text += &format!("{name:22} {:>6} {judged:>6}", row.shots);
        row.reached.iter().for_each(|&reached| text += &format!("  {:>13}", mean_sd_cell(reached)));
        text += "\n";
    }
    text += "\nhow the adapted model was made (clips of a kind, way, times):\n";
    for (clips, way, times) in &shots.ways {
        text += &format!("  {clips:>2}  {:10} {times}\n", super::adapt::adaptation_name(*way));
    }
    text
}
