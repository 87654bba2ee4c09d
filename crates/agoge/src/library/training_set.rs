//! Exports a coach's labels ([`super::labelling`]) as a training set.

use super::labelling::{BetterRepetition, RepetitionSpan, pair_judgements, quality_judgements};
use crate::Error;
use agoge_formats::{Manifest, ManifestRow};
use agoge_store::{AthleteId, RecordingId, Store};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The consent purpose (docs/reference/library.md) that governs training: if an athlete has refused
/// or withdrawn it, none of their data are exported.
pub const CONSENT_PURPOSE: &str = "training";

/// Summary of an exported training set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrainingSetSummary {
    /// Number of repetitions in `manifest.csv`.
    pub repetitions: usize,
    /// Number of those whose label was inferred from comparisons.
    pub inferred: usize,
    /// Number of comparisons in `pairs.csv`.
    pub pairs: usize,
    /// Number of athletes left out because they refused or withdrew consent to [`CONSENT_PURPOSE`].
    pub without_consent: usize,
}

/// A repetition that was judged or compared.
struct LabelledRepetition {
    recording: RecordingId,
    span: RepetitionSpan,
    movement: String,
    label: Option<bool>,
}

impl LabelledRepetition {
    /// Name of the repetition's Parquet file in the training set.
    fn file_name(&self) -> PathBuf {
        PathBuf::from(format!(
            "recording-{}-{:.0}ms.parquet",
            self.recording.0,
            1e3 * self.span.start_s
        ))
    }
}

/// Judged or compared repetitions, and comparisons of pairs of them by index.
#[derive(Default)]
struct LabelledSet {
    repetitions: Vec<LabelledRepetition>,
    pairs: Vec<([usize; 2], BetterRepetition)>,
}

impl LabelledSet {
    /// Collects the judgements and comparisons of one movement, or of all, from recordings that
    /// `may` permits.
    fn from_store(
        store: &Store,
        movement: Option<&str>,
        mut may: impl FnMut(RecordingId) -> bool,
    ) -> Result<LabelledSet, agoge_store::StoreError> {
        let is_wanted = |name: &str| movement.is_none_or(|movement| movement == name);
        let mut set = LabelledSet::default();
        let all: BTreeMap<RecordingId, _> = quality_judgements(store)?.into_iter().collect();
        for (recording, judgements) in all {
            for (_, quality) in judgements
                .into_iter()
                .filter(|(_, quality)| is_wanted(&quality.movement) && may(recording))
            {
                let place = set.index_or_insert(recording, quality.of, &quality.movement);
                set.repetitions[place].label = Some(quality.correct);
            }
        }
        for ([first, second], pair) in pair_judgements(store)? {
            if is_wanted(&pair.movement) && [first, second].map(&mut may) == [true; 2] {
                let places = [(first, pair.first), (second, pair.second)];
                let places = places
                    .map(|(recording, span)| set.index_or_insert(recording, span, &pair.movement));
                set.pairs.push((places, pair.better));
            }
        }
        Ok(set)
    }

    /// The index of a repetition, adding it if it is new.
    fn index_or_insert(
        &mut self,
        recording: RecordingId,
        span: RepetitionSpan,
        movement: &str,
    ) -> usize {
        let is_same = |known: &LabelledRepetition| {
            known.recording == recording && known.movement == movement && known.span.is_same(&span)
        };
        self.repetitions.iter().position(is_same).unwrap_or_else(|| {
            self.repetitions.push(LabelledRepetition {
                recording,
                span,
                movement: movement.to_owned(),
                label: None,
            });
            self.repetitions.len() - 1
        })
    }

    /// Infers labels that follow from comparisons: a repetition better than a correct one is
    /// correct, one worse than an incorrect one is incorrect, and one equal to a labelled one has
    /// the same label. Labels given directly by the coach are never changed. Returns the number of
    /// inferred labels.
    fn infer_labels(&mut self) -> usize {
        let mut inferred = 0;
        loop {
            let before = inferred;
            for ([first, second], better) in &self.pairs {
                let (better_one, worse) = if *better == BetterRepetition::Second {
                    (*second, *first)
                } else {
                    (*first, *second)
                };
                let alike = *better == BetterRepetition::Neither;
                for (from, to, if_from) in [(worse, better_one, true), (better_one, worse, false)] {
                    let label =
                        self.repetitions[from].label.filter(|label| alike || *label == if_from);
                    if let (Some(label), None) = (label, self.repetitions[to].label) {
                        self.repetitions[to].label = Some(label);
                        inferred += 1;
                    }
                }
            }
            if inferred == before {
                return inferred;
            }
        }
    }
}

/// Whether models may be trained on an athlete's data: always, unless the newest consent to
/// [`CONSENT_PURPOSE`] is a refusal or a withdrawal.
///
/// # Errors
/// If the library cannot be read.
pub fn may_train_on(store: &Store, athlete: AthleteId) -> Result<bool, Error> {
    let consents = store.list_consents(athlete)?;
    let newest =
        consents.iter().rev().find(|consent| consent.purpose.eq_ignore_ascii_case(CONSENT_PURPOSE));
    Ok(newest.is_none_or(|consent| consent.given))
}

/// Writes the judged and compared repetitions to a folder as a training set: `manifest.csv` with
/// one Parquet file per repetition, and `pairs.csv` (`better,worse,alike`, naming files of the set)
/// with the comparisons. Labels that follow from comparisons are filled in. Athletes appear as
/// numbers. `movement` restricts the export to one movement.
///
/// # Errors
/// [`Error::Judgement`] if nothing was judged; if the folder cannot be written or the library
/// cannot be read.
pub fn export_training_set(
    store: &Store,
    movement: Option<&str>,
    folder: &Path,
) -> Result<TrainingSetSummary, Error> {
    let mut refused: HashSet<AthleteId> = HashSet::new();
    let mut owners: HashMap<RecordingId, AthleteId> = HashMap::new();
    for athlete in store.list_athletes()? {
        if !may_train_on(store, athlete.id)? {
            refused.insert(athlete.id);
        }
        owners.extend(
            store
                .list_recordings(athlete.id)?
                .into_iter()
                .map(|recording| (recording.id, athlete.id)),
        );
    }
    let mut left_out: HashSet<AthleteId> = HashSet::new();
    let mut set = LabelledSet::from_store(store, movement, |recording| {
        let owner = owners.get(&recording);
        left_out.extend(owner.filter(|athlete| refused.contains(athlete)));
        owner.is_some_and(|athlete| !refused.contains(athlete))
    })?;
    let without_consent = left_out.len();
    if set.repetitions.is_empty() {
        let what = match without_consent {
            0 => "nothing was judged yet",
            _ => "nothing is left without those who refused",
        };
        return Err(Error::Judgement { what });
    }
    let inferred = set.infer_labels();
    std::fs::create_dir_all(folder)
        .map_err(|error| agoge_formats::ReadError::cannot_write(folder, error))?;
    let mut manifest = Manifest::default();
    for known in &set.repetitions {
        let file = known.file_name();
        let mut repetition = store
            .load_recording(known.recording)?
            .time_range(known.span.start_s, known.span.end_s)?;
        repetition.source.name = file.display().to_string();
        agoge_formats::write_parquet(&folder.join(&file), &repetition)?;
        let label = known.label.map(|correct| f32::from(u8::from(correct)));
        let athlete =
            owners.get(&known.recording).map_or(String::new(), |athlete| athlete.0.to_string());
        manifest.rows.push(ManifestRow {
            file,
            athlete,
            movement: known.movement.clone(),
            label,
            split: None,
        });
    }
    manifest.write_file(&folder.join("manifest.csv"))?;
    if !set.pairs.is_empty() {
        let mut text = String::from("better,worse,alike\n");
        for ([first, second], better) in &set.pairs {
            let (better_one, worse) =
                if *better == BetterRepetition::Second { (second, first) } else { (first, second) };
            let [better_one, worse] =
                [better_one, worse].map(|place| set.repetitions[*place].file_name());
            let alike = u8::from(*better == BetterRepetition::Neither);
            text += &format!("{},{},{alike}\n", better_one.display(), worse.display());
        }
        agoge_formats::write_text(&folder.join("pairs.csv"), &text)?;
    }
    Ok(TrainingSetSummary {
        repetitions: set.repetitions.len(),
        inferred,
        pairs: set.pairs.len(),
        without_consent,
    })
}

#[cfg(test)]
mod tests {
    use super::super::labelling::tests::{build_library, quality_judgement};
    use super::super::labelling::{Judgement, RepetitionRef, save_judgement};
    use super::*;
    use agoge_store::Consent;

    #[test]
    fn what_was_judged_becomes_a_set_without_names_and_without_those_who_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = build_library(folder.path());
        let which = |analysis, repetition| RepetitionRef { analysis, repetition };
        save_judgement(&store, &quality_judgement(analyses[0], 1, true), "coach").unwrap();
        save_judgement(&store, &quality_judgement(analyses[1], 1, false), "coach").unwrap();
        save_judgement(&store, &quality_judgement(analyses[2], 3, true), "coach").unwrap();
        let better = BetterRepetition::Second;
        let compared =
            Judgement::Pair { first: which(analyses[1], 2), second: which(analyses[0], 1), better };
        save_judgement(&store, &compared, "coach").unwrap();
        let third = store.list_athletes().unwrap()[2].id;
        let day = "2026-03-03".parse().unwrap();
        let refusal =
            Consent { day, purpose: "Training".to_owned(), given: false, note: String::new() };
        store.add_consent(third, &refusal).unwrap();

        let set = folder.path().join("set");
        let exported = export_training_set(&store, Some("squat"), &set).unwrap();
        assert_eq!(
            exported,
            TrainingSetSummary { repetitions: 3, inferred: 0, pairs: 1, without_consent: 1 }
        );
        let rows = Manifest::read_file(&set.join("manifest.csv")).unwrap().rows;
        let mut labels: Vec<(String, Option<bool>)> =
            rows.iter().map(|row| (row.athlete.clone(), row.is_correct())).collect();
        labels.sort();
        let numbered = |athlete: &str, label| (athlete.to_owned(), label);
        assert_eq!(
            labels,
            [numbered("1", Some(true)), numbered("2", None), numbered("2", Some(false))]
        );
        let text = std::fs::read_to_string(set.join("pairs.csv")).unwrap();
        let pair: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
        let label =
            |file: &str| rows.iter().find(|row| row.file == Path::new(file)).unwrap().is_correct();
        assert_eq!((label(pair[0]), label(pair[1]), pair[2]), (Some(true), None, "0"));
        // Each file holds the repetition.
        let repetition = &store.load_analysis(analyses[0]).unwrap().repetitions[0];
        let length = |row: &agoge_formats::ManifestRow| {
            let recording =
                agoge_formats::read_recording(&set.join(&row.file), &Default::default()).unwrap();
            recording.time.last().unwrap() - recording.time[0]
        };
        let longest = rows.iter().map(length).fold(0.0, f64::max);
        assert!(
            rows.len() == 3 && (longest - (repetition.end_s - repetition.start_s)).abs() < 0.5,
            "{longest}"
        );
    }

    #[test]
    fn labels_follow_from_comparisons_where_there_is_no_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = build_library(folder.path());
        let set = folder.path().join("set");
        assert!(
            matches!(export_training_set(&store, None, &set), Err(Error::Judgement { .. }))
                && !set.exists()
        );
        let which = |at: usize, repetition| RepetitionRef { analysis: analyses[at], repetition };
        let compare = |first, second, better| {
            save_judgement(&store, &Judgement::Pair { first, second, better }, "coach").unwrap();
        };
        // A chain upwards from a correct repetition and one downwards from an incorrect one; what
        // lies between them stays open.
        save_judgement(&store, &quality_judgement(analyses[0], 1, true), "coach").unwrap();
        save_judgement(&store, &quality_judgement(analyses[1], 1, false), "coach").unwrap();
        compare(which(0, 3), which(0, 2), BetterRepetition::Neither);
        compare(which(0, 2), which(0, 1), BetterRepetition::First);
        compare(which(1, 1), which(1, 2), BetterRepetition::First);
        compare(which(2, 1), which(1, 1), BetterRepetition::First);
        compare(which(2, 1), which(0, 1), BetterRepetition::Second);
        let exported = export_training_set(&store, None, &set).unwrap();
        assert_eq!(
            exported,
            TrainingSetSummary { repetitions: 6, inferred: 3, pairs: 5, without_consent: 0 }
        );
        let rows = Manifest::read_file(&set.join("manifest.csv")).unwrap().rows;
        let labels = |athlete: &str| -> Vec<Option<bool>> {
            let mut of_athlete: Vec<_> = rows.iter().filter(|row| row.athlete == athlete).collect();
            of_athlete.sort_by_key(|row| row.file.clone());
            of_athlete.iter().map(|row| row.is_correct()).collect()
        };
        assert_eq!(labels("1"), [Some(true); 3]);
        assert_eq!(labels("2"), [Some(false); 2]);
        assert_eq!(labels("3"), [None]);
    }
}
