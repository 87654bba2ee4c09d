//! `agoge judge MANIFEST...`

use super::train::{load_base, write_model};
use super::{print_json, print_text};
use crate::args::{GlobalArgs, JudgeArgs};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge_lab::learn::FoldFile;
use agoge_lab::learn::judge::{
    JudgeEvaluation, JudgeFigures, JudgeFold, JudgedClips, give_judge, read_athletes_left_out,
};

/// Measures a judge with each athlete left out and gives it to a model.
pub(crate) fn run_judge(args: &JudgeArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let base = load_base(args.model.as_deref())?;
    let clips = JudgedClips::from_manifests(&args.manifests, 1)?;
    let mut file = FoldFile::<JudgeFold>::open_or_create(args.keep.as_deref())?;
    let bar = progress::progress_bar(0, "athletes left out", shared);
    let earlier = file.take_earlier();
    let folds = read_athletes_left_out(&clips, args.seeds, earlier, &mut |fold, done, of| {
        progress::update_bar(&bar, done, of);
        file.append_fold(fold)
    })
    .map_err(agoge::Error::from)?;
    bar.finish_and_clear();
    let evaluation = JudgeEvaluation::from_folds(&clips, &folds).ok_or_else(|| {
        agoge::Error::from(agoge::model::ModelError::Clips {
            what: format!("{} labelled repetitions", clips.clips.len()),
            hint: "a judge needs two athletes with correct and incorrect repetitions of a movement",
        })
    })?;
    if shared.json {
        print_json(&evaluation)?;
    } else {
        evaluation.figures.iter().try_for_each(|row| print_text(&figures_text(row)))?;
    }
    if let Some((model, out)) = base.zip(args.out.as_deref()) {
        let model = give_judge(model, &clips, 1, &evaluation).map_err(agoge::Error::from)?;
        write_model(out, &model)?;
    }
    Ok(Exit::Done)
}

/// The figures of one skeleton as text.
fn figures_text(figures: &JudgeFigures) -> String {
    let mut text = format!("{} ({} repetitions)\n", figures.skeleton, figures.clips);
    let [correct, incorrect] = figures.accuracy_one_kind;
    let [good, bad] = figures.mean_score;
    let rows = [
        ("in a set: AUC", figures.auc),
        ("in a set: accuracy", figures.accuracy),
        ("in a set: labels inside the 90 % interval", figures.coverage),
        ("alone: AUC", figures.auc_alone),
        ("alone: accuracy", figures.accuracy_alone),
        ("alone: labels inside the 90 % interval", figures.coverage_alone),
        ("accuracy in sets of correct repetitions only", correct),
        ("accuracy in sets of incorrect repetitions only", incorrect),
        ("mean score of correct sets", good),
        ("mean score of incorrect sets", bad),
        ("one repetition marked correct: accuracy of the others", figures.accuracy_marked),
        ("planted faults that lower a set's score by 10", figures.planted_set_lower),
        ("planted faults that lower one repetition's score by 10", figures.planted_alone_lower),
        ("planted faults told by likeness alone: AUC", figures.planted_auc),
    ];
    for (name, (mean, sd)) in rows {
        text += &format!("  {name:58} {mean:>7.3} ± {sd:.3}\n");
    }
    for (name, auc) in &figures.movements {
        text += &format!("  {name:58} {auc:>7.3}\n");
    }
    text
}
