//! Exports a coach's labels ([`super::labelling`]) as a training set.

use super::labelling::{Better, Span, judged, pairs};
use crate::Error;
use agoge_formats::{Manifest, Row};
use agoge_store::{AthleteId, RecordingId, Store};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The consent purpose (docs/LIBRARY.md) that governs training: if an athlete has refused or
/// withdrawn it, none of their data are exported.
pub const PURPOSE: &str = "training";

/// Summary of an exported training set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Number of repetitions in `manifest.csv`.
    pub repetitions: usize,
    /// Number of those whose label was inferred from comparisons.
    pub inferred: usize,
    /// Number of comparisons in `pairs.csv`.
    pub pairs: usize,
    /// Number of athletes left out because they refused or withdrew consent to [`PURPOSE`].
    pub without_consent: usize,
}

/// A repetition that was judged or compared.
struct Known {
    recording: RecordingId,
    span: Span,
    movement: String,
    label: Option<bool>,
}

impl Known {
    /// Name of the repetition's Parquet file in the training set.
    fn file(&self) -> PathBuf {
        PathBuf::from(format!(
            "recording-{}-{:.0}ms.parquet",
            self.recording.0,
            1e3 * self.span.start_s
        ))
    }
}

/// Judged or compared repetitions, and comparisons of pairs of them by index.
#[derive(Default)]
struct Said {
    known: Vec<Known>,
    pairs: Vec<([usize; 2], Better)>,
}

impl Said {
    /// Collects the judgements and comparisons of one movement, or of all, from recordings that
    /// `may` permits.
    fn of(
        store: &Store,
        movement: Option<&str>,
        mut may: impl FnMut(RecordingId) -> bool,
    ) -> Result<Said, agoge_store::Error> {
        let is_wanted = |name: &str| movement.is_none_or(|movement| movement == name);
        let mut set = Said::default();
        let all: BTreeMap<RecordingId, _> = judged(store)?.into_iter().collect();
        for (recording, judgements) in all {
            for (_, quality) in judgements
                .into_iter()
                .filter(|(_, quality)| is_wanted(&quality.movement) && may(recording))
            {
                let place = set.place(recording, quality.of, &quality.movement);
                set.known[place].label = Some(quality.correct);
            }
        }
        for ([first, second], pair) in pairs(store)? {
            if is_wanted(&pair.movement) && [first, second].map(&mut may) == [true; 2] {
                let places = [(first, pair.first), (second, pair.second)];
                let places =
                    places.map(|(recording, span)| set.place(recording, span, &pair.movement));
                set.pairs.push((places, pair.better));
            }
        }
        Ok(set)
    }

    /// The index of a repetition, adding it if it is new.
    fn place(&mut self, recording: RecordingId, span: Span, movement: &str) -> usize {
        let is_same = |known: &Known| {
            known.recording == recording && known.movement == movement && known.span.is(&span)
        };
        self.known.iter().position(is_same).unwrap_or_else(|| {
            self.known.push(Known { recording, span, movement: movement.to_owned(), label: None });
            self.known.len() - 1
        })
    }

    /// Infers labels that follow from comparisons: a repetition better than a correct one is
    /// correct, one worse than an incorrect one is incorrect, and one equal to a labelled one has
    /// the same label. Labels given directly by the coach are never changed. Returns the number of
    /// inferred labels.
    fn infer(&mut self) -> usize {
        let mut inferred = 0;
        loop {
            let before = inferred;
            for ([first, second], better) in &self.pairs {
                let (better_one, worse) =
                    if *better == Better::Second { (*second, *first) } else { (*first, *second) };
                let alike = *better == Better::Neither;
                for (from, to, if_from) in [(worse, better_one, true), (better_one, worse, false)] {
                    let label = self.known[from].label.filter(|label| alike || *label == if_from);
                    if let (Some(label), None) = (label, self.known[to].label) {
                        self.known[to].label = Some(label);
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
/// [`PURPOSE`] is a refusal or a withdrawal.
///
/// # Errors
/// If the library cannot be read.
pub fn may_be_learned_from(store: &Store, athlete: AthleteId) -> Result<bool, Error> {
    let consents = store.consents(athlete)?;
    let newest =
        consents.iter().rev().find(|consent| consent.purpose.eq_ignore_ascii_case(PURPOSE));
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
pub fn export(store: &Store, movement: Option<&str>, folder: &Path) -> Result<Exported, Error> {
    let mut refused: HashSet<AthleteId> = HashSet::new();
    let mut owners: HashMap<RecordingId, AthleteId> = HashMap::new();
    for athlete in store.athletes()? {
        if !may_be_learned_from(store, athlete.id)? {
            refused.insert(athlete.id);
        }
        owners.extend(
            store.recordings(athlete.id)?.into_iter().map(|recording| (recording.id, athlete.id)),
        );
    }
    let mut left_out: HashSet<AthleteId> = HashSet::new();
    let mut set = Said::of(store, movement, |recording| {
        let owner = owners.get(&recording);
        left_out.extend(owner.filter(|athlete| refused.contains(athlete)));
        owner.is_some_and(|athlete| !refused.contains(athlete))
    })?;
    let without_consent = left_out.len();
    if set.known.is_empty() {
        let what = match without_consent {
            0 => "nothing was judged yet",
            _ => "nothing is left without those who refused",
        };
        return Err(Error::Judgement { what });
    }
    let inferred = set.infer();
    std::fs::create_dir_all(folder).map_err(|error| agoge_formats::Error::write(folder, error))?;
    let mut manifest = Manifest::default();
    for known in &set.known {
        let file = known.file();
        let mut repetition =
            store.recording(known.recording)?.time_range(known.span.start_s, known.span.end_s)?;
        repetition.source.name = file.display().to_string();
        agoge_formats::write_parquet(&folder.join(&file), &repetition)?;
        let label = known.label.map(|correct| f32::from(u8::from(correct)));
        let athlete =
            owners.get(&known.recording).map_or(String::new(), |athlete| athlete.0.to_string());
        manifest.rows.push(Row {
            file,
            athlete,
            movement: known.movement.clone(),
            label,
            split: None,
        });
    }
    manifest.write(&folder.join("manifest.csv"))?;
    if !set.pairs.is_empty() {
        let mut text = String::from("better,worse,alike\n");
        for ([first, second], better) in &set.pairs {
            let (better_one, worse) =
                if *better == Better::Second { (second, first) } else { (first, second) };
            let [better_one, worse] = [better_one, worse].map(|place| set.known[*place].file());
            let alike = u8::from(*better == Better::Neither);
            text += &format!("{},{},{alike}\n", better_one.display(), worse.display());
        }
        agoge_formats::write_text(&folder.join("pairs.csv"), &text)?;
    }
    Ok(Exported { repetitions: set.known.len(), inferred, pairs: set.pairs.len(), without_consent })
}

#[cfg(test)]
mod tests {
    use super::super::labelling::tests::{library, quality};
    use super::super::labelling::{Judgement, Which, judge};
    use super::*;
    use agoge_store::Consent;

    #[test]
    fn what_was_judged_becomes_a_set_without_names_and_without_those_who_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = library(folder.path());
        let which = |analysis, repetition| Which { analysis, repetition };
        judge(&store, &quality(analyses[0], 1, true), "coach").unwrap();
        judge(&store, &quality(analyses[1], 1, false), "coach").unwrap();
        judge(&store, &quality(analyses[2], 3, true), "coach").unwrap();
        let better = Better::Second;
        let compared =
            Judgement::Pair { first: which(analyses[1], 2), second: which(analyses[0], 1), better };
        judge(&store, &compared, "coach").unwrap();
        let third = store.athletes().unwrap()[2].id;
        let day = "2026-03-03".parse().unwrap();
        let refusal =
            Consent { day, purpose: "Training".to_owned(), given: false, note: String::new() };
        store.add_consent(third, &refusal).unwrap();

        let set = folder.path().join("set");
        let exported = export(&store, Some("squat"), &set).unwrap();
        assert_eq!(
            exported,
            Exported { repetitions: 3, inferred: 0, pairs: 1, without_consent: 1 }
        );
        let rows = Manifest::read(&set.join("manifest.csv")).unwrap().rows;
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
        // Each file holds the repetition, and its clip can be used for training.
        let clips = crate::learn::Clips::of_manifest(&set.join("manifest.csv"), |_| true).unwrap();
        let repetition = &store.analysis(analyses[0]).unwrap().repetitions[0];
        let longest = clips.clips.iter().map(|clip| clip.motion.duration_s()).fold(0.0, f64::max);
        assert!(
            clips.clips.len() == 3
                && (longest - (repetition.end_s - repetition.start_s)).abs() < 0.5,
            "{longest}"
        );
    }

    #[test]
    fn labels_follow_from_comparisons_where_there_is_no_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = library(folder.path());
        let set = folder.path().join("set");
        assert!(
            matches!(export(&store, None, &set), Err(Error::Judgement { .. })) && !set.exists()
        );
        let which = |at: usize, repetition| Which { analysis: analyses[at], repetition };
        let compare = |first, second, better| {
            judge(&store, &Judgement::Pair { first, second, better }, "coach").unwrap();
        };
        // A chain upwards from a correct repetition and one downwards from an incorrect one; what
        // lies between them stays open.
        judge(&store, &quality(analyses[0], 1, true), "coach").unwrap();
        judge(&store, &quality(analyses[1], 1, false), "coach").unwrap();
        compare(which(0, 3), which(0, 2), Better::Neither);
        compare(which(0, 2), which(0, 1), Better::First);
        compare(which(1, 1), which(1, 2), Better::First);
        compare(which(2, 1), which(1, 1), Better::First);
        compare(which(2, 1), which(0, 1), Better::Second);
        let exported = export(&store, None, &set).unwrap();
        assert_eq!(
            exported,
            Exported { repetitions: 6, inferred: 3, pairs: 5, without_consent: 0 }
        );
        let rows = Manifest::read(&set.join("manifest.csv")).unwrap().rows;
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
